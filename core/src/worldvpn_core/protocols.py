"""Which transports can go through the directory's nodes, and which of them is taken. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Self

import attrs

from worldvpn_core.contracts import SessionTransport, Transport
from worldvpn_core.declaration import Choice, Declared
from worldvpn_core.declared import DECLARED
from worldvpn_core.errors import ConfigError

#: The setting that chooses one.
SETTING: Final = "protocol"


@attrs.frozen
class Protocols:
    """The transports of this daemon that can, in the order in which plugins offer them."""

    able: tuple[SessionTransport, ...]

    @classmethod
    def among(cls, transports: Iterable[Transport]) -> Self:
        """Return those of ``transports`` that can."""
        return cls(tuple(each for each in transports if isinstance(each, SessionTransport)))

    @property
    def labels(self) -> Mapping[str, str]:
        """How people write each one's name."""
        return {each.name: each.label for each in self.able}

    def to_try(self, chosen: str | None) -> tuple[SessionTransport, ...]:
        """Return those to try, one after the other: the ``chosen`` one alone; None: each.

        Raises:
            ConfigError: the chosen one is not here, and none takes its place.
        """
        if chosen is None:
            return self.able
        found = tuple(each for each in self.able if each.name == chosen)
        if not found:
            raise ConfigError(
                f"the chosen protocol {chosen!r} is not installed: install its plugin, "
                "or choose another protocol in the settings"
            )
        return found

    def check(self, chosen: str) -> None:
        """Check that ``chosen`` can be taken. Raises ConfigError."""
        if all(each.name != chosen for each in self.able):
            here = " or ".join(["none (automatic)", *(each.name for each in self.able)])
            raise ConfigError(
                f"protocol cannot be {chosen!r}, which no plugin here offers: choose {here}"
            )

    def declared(self, chosen: str | None) -> tuple[Declared, ...]:
        """Return every setting's declaration, with what can be chosen here, and what is."""
        return tuple(
            attrs.evolve(one, choices=(*one.choices, *self._choices(chosen)))
            if one.name == SETTING
            else one
            for one in DECLARED
        )

    def _choices(self, chosen: str | None) -> Iterable[Choice]:
        for each in self.able:
            yield Choice(value=each.name, label=each.label)
        if chosen is not None and all(each.name != chosen for each in self.able):
            yield Choice(value=chosen, label=f"{chosen} (not installed)")
