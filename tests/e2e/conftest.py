"""One lab, one witness and one set of imported profiles for all end-to-end tests."""

from __future__ import annotations

import atexit
import itertools
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.app.displays import x_server
from tests.e2e.canary import Canary
from tests.e2e.host import Facts, facts_of
from tests.e2e.rig import Rig, Store
from tests.e2e.sharing import invite, serve
from tests.e2e.town import Town
from worldvpn_lab.daemon import Daemon
from worldvpn_lab.demo.browser import Browser
from worldvpn_lab.demo.witness import Witness
from worldvpn_lab.device import Device, device
from worldvpn_lab.probes.volley import Volley
from worldvpn_lab.world import World

_numbers = itertools.count()


@pytest.fixture(scope="session")
def qapp_args() -> list[str]:
    """Have the app's windows on an X server, for as long as Qt may look at it: to the very end."""
    stack = ExitStack()
    display = stack.enter_context(x_server())
    atexit.register(stack.close)
    return ["worldvpn-e2e", "-platform", "xcb", "-display", display]


@pytest.fixture(scope="session", autouse=True)
def canary() -> Iterator[Canary]:
    """What hears all that is said to every daemon of the run, and by it."""
    with Canary.listening() as listening:
        yield listening


@pytest.fixture(autouse=True)
def no_secret_is_shown(canary: Canary) -> Iterator[None]:
    """Whatever a test is about: none of the run's secrets came to be seen in it."""
    yield
    assert canary.judged() == set()


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World.up(tmp_path_factory.mktemp("e2e")) as standing:
        yield standing


@pytest.fixture(scope="session")
def volley(world: World) -> Iterator[Volley]:
    with Volley(world, with_guest=False) as ready:
        yield ready


@pytest.fixture(scope="session")
def pristine(world: World, volley: Volley) -> Facts:
    """What the client is like before any daemon ran on it."""
    del volley
    return facts_of(world)


@pytest.fixture(scope="session")
def store(world: World, pristine: Facts) -> Store:
    """Profiles as a daemon keeps them, imported once: each test's daemon begins with them."""
    del pristine
    with Daemon.start(world) as daemon:
        for name in ("node1", "node2", "node1-v6", "node1-name"):
            daemon.import_profile(name)
    return Store.copied(world)


@pytest.fixture
def witness(world: World) -> Iterator[Witness]:
    with Witness(world) as watching:
        yield watching


@pytest.fixture
def rig(  # noqa: PLR0913, PLR0917 - a test stands on all of it
    world: World,
    volley: Volley,
    pristine: Facts,
    store: Store,
    witness: Witness,
    canary: Canary,
) -> Iterator[Rig]:
    """Everything a test needs, with no daemon running yet; leaves the client as it was."""
    made = Rig(
        world=world,
        volley=volley,
        witness=witness,
        pristine=pristine,
        store=store,
        place=f"run{next(_numbers)}",
    )
    yield made
    # The daemons are still there, or what they have left.
    canary.look()
    made.clear()


@pytest.fixture
def daemon(rig: Rig) -> Daemon:
    """A daemon that has just started, with profiles; nothing is connected."""
    return rig.start()


@pytest.fixture
def phone(rig: Rig, daemon: Daemon) -> Iterator[Device]:
    """A device that was let in, of a daemon that shares."""
    serve(daemon)
    with device(rig.world, "node2", invite(daemon)) as ready:
        yield ready


@pytest.fixture(scope="module")
def town(world: World) -> Iterator[Town]:
    with Town.standing(world) as standing:
        yield standing


@pytest.fixture
def browser(world: World) -> Iterator[Browser]:
    with Browser(world) as ready:
        yield ready
