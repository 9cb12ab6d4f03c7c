"""User names: what they are made of, and which look like another's."""

from __future__ import annotations

import contextlib
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_server.accounts.lookalike import skeleton
from worldvpn_server.accounts.names import is_reserved, name_key, read_name
from worldvpn_server.errors import InvalidError

LETTERS = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=3)
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=200)


@pytest.mark.parametrize(
    "name",
    [
        "ada",
        "Ada.Lovelace",
        "x_1-y",
        "ångström",
        "Ольга",
        "日本太郎",
        "ひらがなJP",
        "한글이름",
        "สมชาย",
        "x" * 32,
    ],
)
def test_names_of_the_world_are_welcome(name: str) -> None:
    assert read_name(name).shown == unicodedata.normalize("NFKC", name)


@pytest.mark.parametrize(
    "name",
    [
        *("", "ab", "x" * 33, "a da", "ada ", ".ada", "ada.", "a..da", "a._da", "ada@home"),
        *("ada\x00", "ada\u200b", "\u202eada", "a\u00adda", "ad\ud800a", "\u0301ada", "😀😀😀"),
        *(
            "ada\n",
            "a\tda",
            "\u0430dmin-x",
            "\u03b1dam",
            "e\u0301\u0302\u0303\u0304da",
            "x" * 10_000_000,
        ),
    ],
    ids=range(23),
)
def test_what_is_no_name_is_refused_without_repeating_it(name: str) -> None:
    with pytest.raises(InvalidError) as refused:
        read_name(name)

    assert refused.value.text.startswith("username: ")
    assert len(refused.value.text) < 100


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("paypal", "paypaI"),
        ("PAYPAL", "PAYPAI"),
        ("modern", "rnodern"),
        ("alice", "a1ice"),
        ("google", "g00gle"),
        ("cop", "сор"),  # noqa: RUF001 - Cyrillic is the point
        ("ada", "ａｄａ"),  # noqa: RUF001 - full width is the point
        ("aeon", "æon"),
    ],
)
def test_names_that_look_the_same_share_a_skeleton(one: str, other: str) -> None:
    assert read_name(one).skeleton == read_name(other).skeleton


@pytest.mark.parametrize(
    ("one", "other"), [("ada", "adam"), ("bob", "eve"), ("бела", "bela"), ("anna", "hanna")]
)
def test_names_that_look_different_do_not(one: str, other: str) -> None:
    assert skeleton(one) != skeleton(other)


@pytest.mark.parametrize("name", ["admin", "ADMIN", "adrnin", "Root", "w0rldvpn", "support"])
def test_name_that_speaks_for_the_service_is_reserved(name: str) -> None:
    assert is_reserved(read_name(name))


@given(ANY_TEXT)
def test_any_text_is_a_name_or_refused_in_words(text: str) -> None:
    with contextlib.suppress(InvalidError):
        name = read_name(text)
        assert 3 <= len(name.shown) <= 32
        assert read_name(name.shown) == name
        assert name_key(text) == name.key
        name.shown.encode()


@given(ANY_TEXT)
def test_any_text_has_a_key_that_a_database_takes(text: str) -> None:
    assert "\x00" not in name_key(text)
    name_key(text).encode()


@given(LETTERS)
def test_account_is_found_however_its_name_is_typed(text: str) -> None:
    name = text[:32]

    assert name_key(name.swapcase()) == name_key(name)
    assert name_key(name) == read_name(name).key
