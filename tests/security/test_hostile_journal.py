"""A journal whose lines are whole, but say what we never write."""

from __future__ import annotations

import json
import zlib

from worldvpn_core.contracts import Change
from worldvpn_host.journal import newest
from worldvpn_host.sysctls import KIND, HeldSysctls


def line(**fields: object) -> bytes:
    record = {"profile_id": "home", "partial": False, "paused_until_utc": None, "changes": []}
    body = json.dumps(record | fields).encode()
    return b"%08x %s\n" % (zlib.crc32(body), body)


def test_pause_without_a_time_zone_is_no_record_and_the_one_before_stands() -> None:
    found = newest(line(profile_id="before") + line(paused_until_utc="2099-01-01T00:00:00"))

    assert found is not None
    assert found.profile_id == "before"


def test_old_value_that_is_no_number_is_not_adopted() -> None:
    held = HeldSysctls()
    name = "net.ipv4.conf.all.arp_ignore"

    held.adopt((Change(kind=KIND, name=name, old="abc"),))

    assert all(change.old != "abc" for change in held.record())
