"""The owner's time zone: by name, or as this computer is set."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_core.errors import ConfigError
from worldvpn_core.share.zones import chosen, here, named

WINTER = datetime(2026, 1, 1, tzinfo=UTC)


@given(st.text(max_size=40) | st.sampled_from(["../../etc/passwd", "/etc/localtime", "Nowhere/At"]))
def test_what_is_no_zone_is_refused(name: str) -> None:
    with contextlib.suppress(ConfigError):
        assert named(name).utcoffset(WINTER) is not None


def test_a_zone_is_found_by_its_name() -> None:
    assert named("Europe/Amsterdam").utcoffset(WINTER) == timedelta(hours=1)
    with pytest.raises(ConfigError):
        named("Europe/Atlantis")


def test_this_computers_zone_is_read_as_it_is_set_now(tmp_path: Path) -> None:
    local = tmp_path / "localtime"
    assert here(local) == ("UTC", UTC)
    local.write_text("no zone")
    assert here(local) == ("UTC", UTC)
    local.unlink()
    for name, hours in (("Asia/Tokyo", 9), ("America/New_York", -5)):
        local.unlink(missing_ok=True)
        local.symlink_to(Path("/usr/share/zoneinfo", name))
        found, zone = here(local)
        assert found == name
        assert zone.utcoffset(WINTER) == timedelta(hours=hours)


def test_a_zone_that_has_gone_with_its_package_is_this_computers() -> None:
    assert chosen("Europe/Atlantis")[0] == here()[0]
    assert chosen(None)[0] == here()[0]
    assert chosen("Asia/Tokyo")[0] == "Asia/Tokyo"
