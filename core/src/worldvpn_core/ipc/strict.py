"""Params to request types, with a sentence for whoever sent something else."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TypeVar

import cattrs
from cattrs.errors import ClassValidationError, ForbiddenExtraKeysError

from worldvpn_core import exact

RequestT = TypeVar("RequestT")


def structure(params: Mapping[str, object], request: type[RequestT]) -> RequestT:
    """Return ``params`` as a ``request``, every field checked.

    Raises:
        ValueError: with a sentence per wrong field, naming fields and never their values.
    """
    try:
        return _converter().structure(params, request)
    except ClassValidationError as error:
        wrong = cattrs.transform_error(error, "params", _sentence)
        sentences = (_with_field(each) for each in wrong)
        raise ValueError("; ".join(sentences)) from None  # the cause holds the values


def _sentence(error: BaseException, _type: type | None) -> str:
    if isinstance(error, ForbiddenExtraKeysError):
        return f"there is no field {', '.join(sorted(error.extra_fields))}"
    if isinstance(error, KeyError):
        return "is missing"
    return str(error)


def _with_field(sentence_at_path: str) -> str:
    """Turn cattrs's "is missing @ params.confirm" into "confirm is missing"."""
    sentence, _, path = sentence_at_path.rpartition(" @ ")
    _, _, field = path.partition(".")
    return f"{field} {sentence}".strip()


@functools.cache
def _converter() -> cattrs.Converter:
    return exact.converter(detailed=True)
