"""An owner is shown no more of a guest than anybody may know."""

from __future__ import annotations

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from worldvpn_core.credit.figures import Figures
from worldvpn_core.share.classes import TrafficClass
from worldvpn_core.share.live import Here, shown

MIB = 1_048_576
_figures = st.builds(Figures, up_bytes=st.integers(0, 2**50), down_bytes=st.integers(0, 2**50))


@given(
    _figures,
    st.floats(1_600_000_000, 2_000_000_000),
    st.floats(0, 10**6),
    st.dictionaries(st.sampled_from(TrafficClass), st.integers(0, 9)),
)
def test_bytes_are_whole_mebibytes_and_times_quarters_of_an_hour(
    figures: Figures, since_s: float, lasting_s: float, begun: dict[TrafficClass, int]
) -> None:
    here = Here(alias="a" * 32, figures=figures, since_s=since_s, begun=begun)
    told = shown(here, since_s + lasting_s)

    for key, count in (("received_bytes", figures.up_bytes), ("sent_bytes", figures.down_bytes)):
        value = told[key]
        assert isinstance(value, int)
        assert value % MIB == 0
        assert abs(value - count) <= MIB // 2
    since = datetime.fromisoformat(str(told["since_utc"])).timestamp()
    assert since % 900 == 0
    assert 0 <= since_s - since < 901
    assert isinstance(told["duration_s"], int)
    assert told["duration_s"] % 900 == 0
    assert told["class"] in {None, *TrafficClass}
    assert (told["class"] is None) == (not any(begun.values()))


def test_a_guest_whose_country_is_not_told_is_from_nowhere_and_a_device_is_known_by_name() -> None:
    guest = shown(Here(alias="ab" * 16, since_s=0.0), 0.0)
    device = shown(Here(name="phone", since_s=0.0), 0.0)

    assert (guest["kind"], guest["alias"], guest["country"]) == ("guest", "ab" * 16, "XX")
    assert (device["kind"], device["name"], device["alias"]) == ("device", "phone", None)
    assert device["country"] is None
