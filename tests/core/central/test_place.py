"""One grammar says where to come out, and nothing else is a place."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_core.central.leases import place_of, target_of
from worldvpn_core.central.place import Place, PlaceKind
from worldvpn_core.errors import ConfigError

NODE = "0192f7a0-1b2c-7def-8abc-0123456789ab"
COUNTRIES = st.from_regex(r"[A-Z]{2}", fullmatch=True)
CITIES = st.text(min_size=1, max_size=64)


@given(COUNTRIES)
def test_country_is_read_as_it_is_written(country: str) -> None:
    place = Place(kind=PlaceKind.COUNTRY, country=country)

    assert Place.parse(str(place)) == Place.parse(country.lower()) == place


@given(COUNTRIES, CITIES)
def test_city_that_is_a_place_at_all_is_read_as_it_is_written(country: str, city: str) -> None:
    try:
        place = Place(kind=PlaceKind.CITY, country=country, city=city)
    except ValueError:
        return

    assert Place.parse(str(place)) == place
    assert place_of(target_of(place)) == place


@given(st.uuids())
def test_node_is_read_as_it_is_written(node: UUID) -> None:
    place = Place(kind=PlaceKind.NODE, node=str(node))

    assert Place.parse(str(place)) == Place.parse(str(node).upper()) == place


@given(st.text() | st.from_regex(r"\A[A-Za-z]{1,3}(/.*)?\Z"))
def test_any_text_is_a_place_that_stays_itself_or_a_config_error(text: str) -> None:
    try:
        place = Place.parse(text)
    except ConfigError:
        return

    assert Place.parse(str(place)) == place


@pytest.mark.parametrize("text", ["fastest", "FASTEST", " Fastest\n"])
def test_fastest_is_a_place_however_it_is_written(text: str) -> None:
    assert Place.parse(text) == Place()


def test_spaces_around_a_place_do_not_matter() -> None:
    berlin = Place(kind=PlaceKind.CITY, country="DE", city="Berlin")

    assert Place.parse(" de/ Berlin ") == berlin
    assert Place.parse(f"\t{NODE.upper()} ").node == NODE


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "D", "DEU", "D1", "@DE", "DE/", "/Berlin", "DE/ ", "DE/Ber/lin", "DE/\x00"),
        *("DE/" + "x" * 65, "Germany", "quickest", "1.2.3.4", NODE[:-1], f"{NODE}0"),
        # These become two Latin capitals only once they are capitals.
        *("\N{LATIN SMALL LETTER SHARP S}", "\N{LATIN SMALL LIGATURE FI}/Turku"),
    ],
)
def test_what_is_no_place_is_a_config_error_that_says_what_is(text: str) -> None:
    with pytest.raises(ConfigError, match="fastest"):
        Place.parse(text)


@pytest.mark.parametrize(
    ("kind", "country", "city", "node"),
    [
        (PlaceKind.FASTEST, "DE", None, None),
        (PlaceKind.COUNTRY, None, None, None),
        (PlaceKind.COUNTRY, "de", None, None),
        (PlaceKind.CITY, "DE", None, None),
        (PlaceKind.CITY, None, "Berlin", None),
        (PlaceKind.CITY, "DE", "Berlin ", None),
        (PlaceKind.NODE, "DE", None, NODE),
        (PlaceKind.NODE, None, None, NODE.upper()),
    ],
)
def test_place_has_the_fields_of_its_kind_alone(
    kind: PlaceKind, country: str | None, city: str | None, node: str | None
) -> None:
    with pytest.raises(ValueError, match=r"kind|country, city or node"):
        Place(kind=kind, country=country, city=city, node=node)


def test_target_without_the_sign_is_a_profile() -> None:
    assert place_of("DE") is None
    assert place_of("@DE") == Place(kind=PlaceKind.COUNTRY, country="DE")
    with pytest.raises(ConfigError):
        place_of("@nowhere")
