"""Contrast of WCAG 2 computed from the tokens: 4.5 for text, 3.0 for controls."""

from __future__ import annotations

import pytest

from worldvpn_app.gui.tokens import DARK, LIGHT, Colours, Tone

GROUNDS = ("rail", "bg", "surface", "raised", "inset", "sea", "accentbg")


def luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colours", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("ground", GROUNDS)
def test_text_is_readable_on_every_ground(colours: Colours, ground: str) -> None:
    under = getattr(colours, ground)
    for name in ("text", "text2", "text3", "accent"):
        assert contrast(getattr(colours, name), under) >= 4.5, name
    assert contrast(colours.edge, under) >= 3.0


@pytest.mark.parametrize("colours", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("tone", [*Tone])
def test_every_state_is_readable_on_every_ground_and_on_its_tint(
    colours: Colours, tone: Tone
) -> None:
    grounds = [getattr(colours, ground) for ground in GROUNDS]
    for under in (*grounds, colours.tint(tone)):
        assert contrast(colours.state(tone), under) >= 4.5


@pytest.mark.parametrize("colours", [DARK, LIGHT], ids=["dark", "light"])
def test_what_stands_on_a_button_or_the_alarm_is_readable(colours: Colours) -> None:
    assert contrast(colours.onaccent, colours.accent) >= 4.5
    assert contrast(colours.onalarm, colours.alarm) >= 4.5


@pytest.mark.parametrize("colours", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("name", ["accent", "text3", "connected", "blocked", "text"])
def test_every_mark_on_the_map_stands_out_from_land_and_sea(colours: Colours, name: str) -> None:
    for under in (colours.land, colours.sea):
        assert contrast(getattr(colours, name), under) >= 3.0


def test_the_arithmetic_is_that_of_wcag() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)
