"""What may be a password, and what everybody would guess."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worldvpn_server.accounts.passwords import check_new, is_common, normalised
from worldvpn_server.errors import InvalidError

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=400)


@pytest.mark.parametrize(
    "password",
    [
        *("short", "password12", "1234567890", "qwertyuiop", "P@ssw0rd123", "aaaaaaaaaa"),
        *("abababababab", "a" * 1000, "iloveyou12", "worldvpn12", "adalovelace", "AdaLovelace"),
        *("1" * 40, "manchester1", "adalovelace99", "20202020202020202020202020202020"),
    ],
)
def test_password_that_is_guessed_first_is_refused(password: str) -> None:
    with pytest.raises(InvalidError, match=r"^password: ") as refused:
        check_new(normalised(password), "adalovelace")

    assert password not in refused.value.text


@pytest.mark.parametrize(
    "password",
    [
        "a long enough secret 7",
        "tulip-basalt-9-moth",
        "пароль для теста 5",
        "x!7Qz_0pLm",
        "日本語の合言葉です九十",
    ],
)
def test_good_password_is_taken(password: str) -> None:
    check_new(normalised(password), "adalovelace")


def test_same_password_typed_on_another_keyboard_is_the_same() -> None:
    assert normalised("cafe\u0301 au lait") == normalised("caf\u00e9 au lait")


@pytest.mark.parametrize(
    "password", ["x" * 1025, "é" * 513, "ﷺ" * 60, "x" * 10_000_000, "a\ud800b"]
)
def test_what_is_no_password_at_all_is_refused(password: str) -> None:
    with pytest.raises(InvalidError, match=r"^password: "):
        normalised(password)


@settings(max_examples=50)
@given(ANY_TEXT)
def test_any_text_is_a_password_or_refused_in_words(text: str) -> None:
    with contextlib.suppress(InvalidError):
        check_new(normalised(text), "ada")


@settings(max_examples=50)
@given(st.text("a4@8({[<36913!|1|70$5+7%2", min_size=10, max_size=24))
def test_letters_written_as_signs_cost_no_search_without_end(text: str) -> None:
    assert is_common(text, "ada") in {True, False}
