"""A change of a setting is checked against what this computer has: profiles, places, protocols."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest

from tests.core.offers import Fenced, Masque
from tests.security.control import OWNER_UID, Desk, caller, desk
from worldvpn_core.errors import ConfigError
from worldvpn_core.ipc.messages import ProfilesRemove, SettingsGet, SettingsSet
from worldvpn_core.testing.running import World, running

pytestmark = pytest.mark.anyio


@attrs.frozen
class Asked:
    """A daemon's desk, and the host that it decides for."""

    desk: Desk
    world: World

    async def change(self, **changes: object) -> Mapping[str, Any]:
        """Return the answer to the owner's client."""
        request = SettingsSet(changes=changes)
        return await self.desk.requests.dispatch(caller(OWNER_UID), request)

    async def protocols(self) -> list[tuple[object, str]]:
        """Return what a client shows as the protocols to choose from."""
        answer: Mapping[str, Any] = await self.desk.requests.dispatch(
            caller(OWNER_UID), SettingsGet()
        )
        (one,) = [each for each in answer["declared"] if each["name"] == "protocol"]
        return [(each["value"], each["label"]) for each in one["choices"]]


@pytest.fixture
async def asked(tmp_path: Path) -> AsyncIterator[Asked]:
    async with running(World()) as world:
        yield Asked(desk(world, tmp_path), world)


async def test_protocols_to_choose_from_are_those_that_plugins_offer(asked: Asked) -> None:
    assert await asked.protocols() == [(None, "Automatic"), ("fake", "Fake")]

    asked.world.transports["masque"] = Masque(asked.world.links)

    assert await asked.protocols() == [
        *((None, "Automatic"), ("fake", "Fake"), ("masque", "MASQUE")),
    ]


async def test_transport_for_profiles_alone_is_no_protocol_to_choose(asked: Asked) -> None:
    asked.world.transports["fenced"] = Fenced(asked.world.transport)

    assert await asked.protocols() == [(None, "Automatic"), ("fake", "Fake")]
    with pytest.raises(ConfigError, match="'fenced'"):
        await asked.change(protocol="fenced")


@pytest.mark.parametrize("written", ["masque", "MASQUE"])
async def test_protocol_is_chosen_however_it_is_written_and_given_up_again(
    asked: Asked, written: str
) -> None:
    asked.world.transports["masque"] = Masque(asked.world.links)

    answer = await asked.change(protocol=written)
    assert (answer["settings"]["protocol"], asked.world.settings.protocol) == ("masque", "masque")

    await asked.change(protocol=None)
    assert asked.world.settings.protocol is None


async def test_protocol_that_no_plugin_offers_is_refused_with_those_there_are(
    asked: Asked,
) -> None:
    with pytest.raises(ConfigError) as refused:
        await asked.change(protocol="trojan", allow_lan=True)

    assert str(refused.value) == (
        "protocol cannot be 'trojan', which no plugin here offers: choose none (automatic) or fake"
    )
    assert (asked.world.settings.protocol, asked.world.settings.allow_lan) == (None, False)


@pytest.mark.parametrize("wrong", [7, True, ["fake"], "x" * 65])
async def test_protocol_is_a_name(asked: Asked, wrong: object) -> None:
    with pytest.raises(ConfigError, match="protocol"):
        await asked.change(protocol=wrong)


async def test_chosen_protocol_whose_plugin_is_gone_is_shown_so_and_stops_no_other_change(
    asked: Asked,
) -> None:
    asked.world.transports["masque"] = Masque(asked.world.links)
    await asked.change(protocol="masque")
    del asked.world.transports["masque"]

    await asked.change(allow_lan=True)

    assert (asked.world.settings.protocol, asked.world.settings.allow_lan) == ("masque", True)
    assert await asked.protocols() == [
        *((None, "Automatic"), ("fake", "Fake"), ("masque", "masque (not installed)")),
    ]


@pytest.mark.parametrize("place", ["@fastest", "@DE", "@DE/Berlin"])
async def test_start_can_connect_to_a_place(asked: Asked, place: str) -> None:
    await asked.change(auto_connect=place)

    assert asked.world.settings.auto_connect == place


async def test_start_connects_to_no_profile_that_is_not_there(asked: Asked) -> None:
    with pytest.raises(ConfigError, match="no profile 'office'"):
        await asked.change(auto_connect="office")

    assert asked.world.settings.auto_connect is None


async def test_profile_that_a_start_connects_to_and_that_is_gone_stops_no_other_change(
    asked: Asked,
) -> None:
    await asked.change(auto_connect="home")
    await asked.desk.requests.dispatch(caller(OWNER_UID), ProfilesRemove(profile_id="home"))

    await asked.change(allow_lan=True)

    assert asked.world.settings.allow_lan
