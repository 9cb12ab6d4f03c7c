"""Countries by ISO 3166-1 alpha-2, and the continental region of each (UN M49).

M49 does not list Taiwan; it is filed by where it lies.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final

from worldvpn_server.errors import InvalidError


class Region(enum.IntEnum):
    """Regions by their M49 codes: one directory file each."""

    AFRICA = 2
    OCEANIA = 9
    ANTARCTICA = 10
    AMERICAS = 19
    ASIA = 142
    EUROPE = 150


_COUNTRIES: Final[Mapping[Region, str]] = {
    Region.AFRICA: """
        AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW IO KE KM LR LS LY MA
        MG ML MR MU MW MZ NA NE NG RE RW SC SD SH SL SN SO SS ST SZ TD TF TG TN TZ UG YT ZA ZM ZW
    """,
    Region.OCEANIA: """
        AS AU CC CK CX FJ FM GU HM KI MH MP NC NF NR NU NZ PF PG PN PW SB TK TO TV UM VU WF WS
    """,
    Region.ANTARCTICA: "AQ",
    Region.AMERICAS: """
        AG AI AR AW BB BL BM BO BQ BR BS BV BZ CA CL CO CR CU CW DM DO EC FK GD GF GL GP GS GT GY
        HN HT JM KN KY LC MF MQ MS MX NI PA PE PM PR PY SR SV SX TC TT US UY VC VE VG VI
    """,
    Region.ASIA: """
        AE AF AM AZ BD BH BN BT CN CY GE HK ID IL IN IQ IR JO JP KG KH KP KR KW KZ LA LB LK MM MN
        MO MV MY NP OM PH PK PS QA SA SG SY TH TJ TL TM TR TW UZ VN YE
    """,
    Region.EUROPE: """
        AD AL AT AX BA BE BG BY CH CZ DE DK EE ES FI FO FR GB GG GI GR HR HU IE IM IS IT JE LI LT
        LU LV MC MD ME MK MT NL NO PL PT RO RS RU SE SI SJ SK SM UA VA
    """,
}

#: The region of every country.
REGIONS: Final[Mapping[str, Region]] = {
    code: region for region, codes in _COUNTRIES.items() for code in codes.split()
}


def region_of(country: str) -> Region:
    """Return the region of ``country``, two capital letters.

    Raises:
        InvalidError: there is no such country.
    """
    region = REGIONS.get(country)
    if region is None:
        raise InvalidError(
            f"{country[:8]!r} is no country: give two capital letters of ISO 3166-1, like DE"
        )
    return region
