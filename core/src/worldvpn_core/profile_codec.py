"""Profiles as JSON: the one form they take on disk and between agent and daemon.

Strict in what it reads: every field is checked by the type it becomes, unknown ones
are errors, and nothing is longer than a profile can need.
"""

from __future__ import annotations

from typing import Final, cast

import cattrs
from cattrs.gen import make_dict_structure_fn

from worldvpn_core import exact
from worldvpn_core.errors import ConfigError
from worldvpn_core.types import (
    Profile,
    Server,
)

MOST_ITEMS: Final = 4_096
MOST_TEXT_CHARACTERS: Final = 65_536


def profile_to_json(profile: Profile) -> dict[str, object]:
    """Return ``profile`` as what ``json.dumps`` takes. It holds secrets: never log it."""
    return cast("dict[str, object]", _CONVERTER.unstructure(profile))


def profile_from_json(raw: object) -> Profile:
    """Return the profile that ``raw`` is the JSON of.

    Raises:
        ConfigError: it is none; the message names the field, never its value.
    """
    if not isinstance(raw, dict):
        raise ConfigError("the profile is malformed: it is no object")
    _bound(raw)
    try:
        return _CONVERTER.structure(raw, Profile)
    except cattrs.BaseValidationError as error:
        names = ", ".join(sorted({line.split("@")[-1].strip() for line in _lines(error)}))
        raise ConfigError(f"the profile is malformed at {names}") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise ConfigError(f"the profile is malformed ({type(error).__name__})") from None


def _lines(error: cattrs.BaseValidationError) -> list[str]:
    return cattrs.transform_error(error)


def _bound(raw: object) -> None:
    """Refuse what no profile needs, before anything is built from it."""
    match raw:
        case str() if len(raw) > MOST_TEXT_CHARACTERS:
            raise ConfigError(f"a text in the profile is over {MOST_TEXT_CHARACTERS} characters")
        case list() | dict() if len(raw) > MOST_ITEMS:
            raise ConfigError(f"a list in the profile has over {MOST_ITEMS} items")
        case list():
            for item in raw:
                _bound(item)
        case dict():
            for item in raw.values():
                _bound(item)
        case _:
            pass


def _converter() -> cattrs.Converter:
    made = exact.converter(detailed=True)
    for shape in (Server, Profile):
        made.register_structure_hook(
            shape, make_dict_structure_fn(shape, made, _cattrs_forbid_extra_keys=True)
        )
    return made


_CONVERTER: Final = _converter()
