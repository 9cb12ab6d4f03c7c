"""Wrong passphrases are counted, and each makes the next wait longer."""

from __future__ import annotations

from datetime import datetime, timedelta

import attrs
import pytest

from tests.core.vault.power import CuttableDisk
from tests.core.vault.samples import CHEAP, KEY, NOW, OTHER_KEY, OTHER_PASSPHRASE, PASSPHRASE
from worldvpn_core.errors import VaultKeyError, VaultWaitError
from worldvpn_core.vault.backoff import wait_s
from worldvpn_core.vault.keeping import Keeping
from worldvpn_core.vault.opening import Opening


@attrs.define
class Clock:
    """A wall clock that is moved by hand."""

    now_utc: datetime = NOW

    def __call__(self) -> datetime:
        return self.now_utc

    def go(self, seconds: float) -> None:
        self.now_utc += timedelta(seconds=seconds)


@attrs.define
class Guesser:
    """Somebody at a host whose daemon begins anew for every guess."""

    disk: CuttableDisk
    clock: Clock

    def tries(self, opening: Opening) -> str:
        try:
            Keeping(self.disk, cost=CHEAP, now=self.clock).opened(opening)
        except VaultWaitError:
            return "waits"
        except VaultKeyError:
            return "wrong"
        return "opens"

    def left_s(self) -> float:
        return Keeping(self.disk, cost=CHEAP, now=self.clock).standing().retry_in_s


@pytest.fixture
def guesser() -> Guesser:
    disk, clock = CuttableDisk(), Clock()
    Keeping(disk, cost=CHEAP, now=clock).created(PASSPHRASE, None)
    return Guesser(disk, clock)


def test_waits_double_from_two_seconds_to_a_quarter_of_an_hour() -> None:
    assert [wait_s(count) for count in range(14)] == [
        *(0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900)
    ]
    assert wait_s(10**9) == 900


def test_after_three_wrong_ones_not_even_the_right_one_is_heard_at_once(guesser: Guesser) -> None:
    tried = [guesser.tries(OTHER_PASSPHRASE) for _ in range(3)]
    early = guesser.tries(PASSPHRASE)
    left_s = guesser.left_s()
    guesser.clock.go(2)

    assert (tried, early, left_s) == (["wrong"] * 3, "waits", 2)
    assert guesser.tries(PASSPHRASE) == "opens"


def test_try_that_is_not_heard_is_not_counted(guesser: Guesser) -> None:
    for _ in range(3):
        guesser.tries(OTHER_PASSPHRASE)
    for _ in range(50):
        assert guesser.tries(OTHER_PASSPHRASE) == "waits"
    assert guesser.left_s() == 2


def test_each_further_wrong_one_makes_it_longer(guesser: Guesser) -> None:
    for _ in range(3):
        guesser.tries(OTHER_PASSPHRASE)
    waits = []
    for _ in range(12):
        waits.append(guesser.left_s())
        guesser.clock.go(guesser.left_s())
        assert guesser.tries(OTHER_PASSPHRASE) == "wrong"
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]


def test_right_one_forgets_the_wrong_ones(guesser: Guesser) -> None:
    guesser.tries(OTHER_PASSPHRASE)
    guesser.tries(OTHER_PASSPHRASE)
    assert guesser.tries(PASSPHRASE) == "opens"
    assert "vault.failures" not in guesser.disk.files
    assert [guesser.tries(OTHER_PASSPHRASE) for _ in range(4)] == [*["wrong"] * 3, "waits"]


def test_clock_set_back_a_year_makes_nobody_wait_longer(guesser: Guesser) -> None:
    for _ in range(4):
        guesser.tries(OTHER_PASSPHRASE)
        guesser.clock.go(1)
    guesser.clock.go(-365 * 86_400)
    assert guesser.left_s() == 2
    guesser.clock.go(365 * 86_400)
    assert guesser.tries(PASSPHRASE) == "opens"


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"1" * 400, b'{"count": "x", "last_utc": 1}'])
def test_count_that_cannot_be_read_makes_wait(guesser: Guesser, text: bytes) -> None:
    guesser.disk = CuttableDisk({**guesser.disk.files, "vault.failures": text})
    assert (guesser.left_s(), guesser.tries(PASSPHRASE)) == (2, "waits")


def test_stale_key_of_a_keyring_locks_nobody_out() -> None:
    disk, clock = CuttableDisk(), Clock()
    Keeping(disk, cost=CHEAP, now=clock).created(KEY, None)
    guesser = Guesser(disk, clock)
    assert {guesser.tries(OTHER_KEY) for _ in range(20)} == {"wrong"}
    assert guesser.tries(KEY) == "opens"
