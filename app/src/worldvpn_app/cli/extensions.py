"""Verbs that other distributions bring, through the entry-point group ``worldvpn.cli``."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Final, cast

from worldvpn_app.cli.exits import CommandError, UsageError

GROUP: Final = "worldvpn.cli"

#: A verb: takes what was typed after its name, returns the exit code.
Verb = Callable[[list[str]], int]


def names() -> list[str]:
    """Return the verbs installed beside the built-in ones; imports none of them."""
    return sorted({entry.name for entry in entry_points(group=GROUP)})


def find(name: str) -> Verb:
    """Import the verb ``name``.

    Raises:
        UsageError: nobody brings it.
        CommandError: who brings it is broken.
    """
    found = tuple(entry_points(group=GROUP, name=name))
    if not found:
        raise UsageError(f"there is no verb {name!r}: see `worldvpn --help`")
    try:
        return cast("Verb", found[0].load())
    except (ImportError, AttributeError) as error:
        text = f"the verb {name!r} cannot be loaded from {found[0].value}: {error}"
        raise CommandError("plugin", text) from error
