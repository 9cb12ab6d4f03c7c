"""The fake keeps the contract of session transports, and what breaks it is found out."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.core.offers import Masque
from worldvpn_core.contracts import Transport
from worldvpn_core.testing.fakes import FakeLinks, FakeTransport
from worldvpn_core.testing.session_contract import SessionTransportContract
from worldvpn_core.types import SessionKeys


class TestFake(SessionTransportContract):
    @pytest.fixture
    def transport(self) -> Transport:
        return FakeTransport(FakeLinks())


class TestMasque(SessionTransportContract):
    @pytest.fixture
    def transport(self) -> Transport:
        return Masque(FakeLinks())


class Mumbling(FakeTransport):
    """Is called something that no row holds."""

    label = "two\nlines"


class Drawing(FakeTransport):
    """Makes something else of the same keys each time."""

    def session_options(self, keys: SessionKeys) -> Mapping[str, str]:
        self.log.append("drawn")
        return {**super().session_options(keys), "nonce": str(len(self.log))}


def test_label_of_two_lines_breaks_the_contract() -> None:
    with pytest.raises(AssertionError, match="short line"):
        SessionTransportContract().test_its_label_is_one_short_line(Mumbling(FakeLinks()))


def test_options_that_are_drawn_break_the_contract() -> None:
    with pytest.raises(AssertionError, match="pure"):
        SessionTransportContract().test_it_understands_what_it_makes_of_a_sessions_keys(
            Drawing(FakeLinks())
        )
