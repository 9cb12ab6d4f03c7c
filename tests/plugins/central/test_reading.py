"""A list of endpoints is read strictly, and only those of our carrier are taken."""

from __future__ import annotations

import json
from ipaddress import ip_address

import pytest

from worldvpn_central.reading import Fields
from worldvpn_core.errors import CentralOfflineError
from worldvpn_core.types import Endpoint

_PLACE: dict[str, object] = {"host": "203.0.113.9", "port": 51_820, "carrier": "udp"}


def _fields(value: object) -> Fields:
    return Fields.parse(json.dumps({"endpoints": value}))


def test_endpoints_of_another_carrier_are_left_out() -> None:
    fields = _fields([_PLACE, {**_PLACE, "carrier": "tls"}, {**_PLACE, "host": "2001:db8::9"}])

    assert fields.places("endpoints") == tuple(
        Endpoint(host=ip_address(host), port=51_820) for host in ("203.0.113.9", "2001:db8::9")
    )


@pytest.mark.parametrize(
    "value",
    [
        *(None, "203.0.113.9:51820", {"0": _PLACE}, [[_PLACE]], ["203.0.113.9"], [{}]),
        *([{**_PLACE, "host": "home.example"}], [{**_PLACE, "port": 0}], [{**_PLACE, "port": "1"}]),
        [{**_PLACE, "carrier": 17}],
    ],
)
def test_endpoints_that_make_no_sense_are_refused(value: object) -> None:
    with pytest.raises(CentralOfflineError, match="makes no sense"):
        _fields(value).places("endpoints")
