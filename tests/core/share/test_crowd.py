"""What guests have carried and done, from one reading to the next."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from worldvpn_core.contracts import Watched
from worldvpn_core.credit.figures import Figures
from worldvpn_core.share.abuse import Offence
from worldvpn_core.share.classes import TrafficClass
from worldvpn_core.share.crowd import Crowd
from worldvpn_core.share.plan import Guest
from worldvpn_core.testing.samples import guest
from worldvpn_core.types import IpAddress

_steps = st.lists(
    st.tuples(
        st.sets(st.integers(1, 3)),
        st.dictionaries(st.integers(1, 3), st.tuples(st.integers(0, 999), st.integers(0, 999))),
    ),
    max_size=20,
)


def _figures(up: int, down: int) -> Figures:
    return Figures(up_bytes=up, down_bytes=down)


@given(_steps)
def test_what_was_carried_is_counted_once_for_whom_it_was(
    steps: list[tuple[set[int], dict[int, tuple[int, int]]]],
) -> None:
    """Against counters that only grow while a guest is there, and begin anew with its next stay."""
    crowd, total = Crowd(), 0
    counters: dict[int, tuple[int, int]] = {}
    for at, (present, more) in enumerate(steps):
        counters = {each: counters.get(each, (0, 0)) for each in present}
        for each in present & more.keys():
            counters[each] = (counters[each][0] + more[each][0], counters[each][1] + more[each][1])
        carried = {guest(each).addresses[0]: _figures(*counters[each]) for each in present}
        grown = crowd.read(tuple(map(guest, sorted(present))), carried, {}, float(at))
        expected = sum(sum(more[each]) for each in present & more.keys())
        total += grown

        assert grown == expected
        assert {
            key: (member.figures.up_bytes, member.figures.down_bytes)
            for key, member in crowd.members.items()
        } == {guest(each).public_key: counters[each] for each in present}
    assert total == sum(
        sum(sum(more[each]) for each in present & more.keys()) for present, more in steps
    )


def test_both_addresses_of_a_guest_are_one_guests() -> None:
    one = Guest(public_key=bytes(32), addresses=guest().addresses, is_sent=True)
    four, six = one.addresses
    carried: dict[IpAddress, Figures] = {four: _figures(1, 2), six: _figures(10, 20)}
    watched = {
        four: Watched(begun={TrafficClass.WEB: 1}, opened=600, ports=60, hosts=1),
        six: Watched(begun={TrafficClass.WEB: 2, TrafficClass.MAIL: 1}, opened=600, ports=50),
    }
    crowd = Crowd()
    crowd.read((one,), {}, {}, 0.0)
    crowd.read((one,), carried, watched, 5.0)

    (member,) = crowd.members.values()
    assert (member.figures.up_bytes, member.figures.down_bytes) == (11, 22)
    assert member.begun == {TrafficClass.WEB: 3, TrafficClass.MAIL: 1}
    assert crowd.offences((one,)) == {one.public_key: Offence.CONNECTIONS}


def test_an_own_device_commits_no_offence() -> None:
    crowd = Crowd()
    crowd.read((guest(),), {}, {guest().addresses[0]: Watched(ports=9_999)}, 0.0)

    assert crowd.offences((guest(),)) == {}
