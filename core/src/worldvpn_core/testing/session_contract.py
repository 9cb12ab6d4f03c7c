"""What every SessionTransport must do, so that it can be chosen and goes through nodes."""

from __future__ import annotations

from typing import Final

import pytest

from worldvpn_core.contracts import SessionTransport, Transport
from worldvpn_core.protocols import Protocols
from worldvpn_core.types import SessionKeys

_KEYS: Final = SessionKeys(private_key=b"\x01" * 32, remote_key=b"\x09" + bytes(31))
_LONGEST_LABEL: Final = 32


class SessionTransportContract:
    """Subclass it, and give it the fixture ``transport``. It opens nothing, and needs no rights."""

    @pytest.fixture
    def able(self, transport: Transport) -> SessionTransport:
        """``transport`` as core finds it among others: whatever is missing, it is not found."""
        found = Protocols.among([transport]).able
        if not found:
            raise AssertionError("the contract promises all of SessionTransport")
        return found[0]

    def test_its_label_is_one_short_line(self, able: SessionTransport) -> None:
        """People choose by it."""
        label = able.label
        if not label.isprintable() or not 0 < len(label.strip()) == len(label) <= _LONGEST_LABEL:
            raise AssertionError(f"{label!r} was seen, a short line was meant")

    def test_it_understands_what_it_makes_of_a_sessions_keys(self, able: SessionTransport) -> None:
        """The profile of a session holds it, as one from a file does."""
        raw = able.session_options(_KEYS)
        if able.session_options(_KEYS) != raw:
            raise AssertionError("the contract promises a pure function")
        hash(able.parse(raw))
