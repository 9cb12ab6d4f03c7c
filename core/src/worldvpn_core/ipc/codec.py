"""Lines of the local API to values and back. Pure: any bytes give a call or a fault.

JSON-RPC 2.0 (jsonrpc.org/specification), narrowed: one object a line, an id on
every request, params by name, no batches. A fault never repeats a value it
refuses, for that may be a key.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Final, NoReturn, TypeGuard

import attrs

from worldvpn_core.errors import WorldVpnError
from worldvpn_core.ipc import protocol, strict
from worldvpn_core.ipc.messages import METHODS, Method, Request

RequestId = int | str

_MAX_ID: Final = 2**53
_MAX_ID_LENGTH: Final = 64
_MAX_MESSAGE: Final = 400
_FIELDS: Final = frozenset({"jsonrpc", "id", "method", "params"})


@attrs.frozen(kw_only=True)
class Call:
    """A request that may be answered."""

    id: RequestId
    name: str
    method: Method
    request: Request


@attrs.frozen(kw_only=True)
class Fault:
    """Why a line is not answered; ``number`` is JSON-RPC's, ``code`` stable and ours."""

    number: int
    code: str
    message: str
    id: RequestId | None = None
    retryable: bool = False


def decode(line: bytes) -> Call | Fault:
    """Turn one line, without its newline, into a call, or say what is wrong with it."""
    try:
        message = _parse(line.decode())
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else "not valid JSON"
        return Fault(
            number=protocol.PARSE_ERROR,
            code=protocol.CODE_PARSE,
            message=f"the line is {reason}: send one JSON object a line",
        )
    return _call(message, len(line))


def _parse(text: str) -> object:
    message: object = json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    if "\\ud" in text.lower():
        # Half a surrogate pair passes as JSON, then breaks whoever writes it to a file.
        json.dumps(message, ensure_ascii=False).encode()
    return message


def _call(message: object, length_bytes: int) -> Call | Fault:
    members = message if isinstance(message, dict) else {}
    request_id = members.get("id")
    if not _is_id(request_id):
        return _bad_request("a request must be an object with an id: a number or a short text")
    name, params = members.get("method"), members.get("params", {})
    if not isinstance(name, str) or not isinstance(params, dict):
        return _bad_request("method must be a text and params an object", request_id)
    if members.get("jsonrpc") != "2.0" or not members.keys() <= _FIELDS:
        return _bad_request('a request has jsonrpc ("2.0"), id, method and params', request_id)
    method = METHODS.get(name)
    if method is None:
        return Fault(
            number=protocol.METHOD_NOT_FOUND,
            code=protocol.CODE_METHOD,
            message="there is no such method: client and daemon may differ in version",
            id=request_id,
        )
    if length_bytes > method.max_bytes:
        return too_large(name, method.max_bytes, request_id)
    return _structured(request_id, name, method, params)


def _structured(
    request_id: RequestId,
    name: str,
    method: Method,
    params: Mapping[str, object],
) -> Call | Fault:
    try:
        request = strict.structure(params, method.request)
    except ValueError as error:
        return Fault(
            number=protocol.INVALID_PARAMS,
            code=protocol.CODE_PARAMS,
            message=f"{name}: {error}"[:_MAX_MESSAGE],
            id=request_id,
        )
    return Call(id=request_id, name=name, method=method, request=request)


def _bad_request(message: str, request_id: RequestId | None = None) -> Fault:
    return Fault(
        number=protocol.INVALID_REQUEST,
        code=protocol.CODE_REQUEST,
        message=message,
        id=request_id,
    )


def too_large(what: str, max_bytes: int, request_id: RequestId | None = None) -> Fault:
    """Return the fault of a line longer than ``max_bytes``."""
    return Fault(
        number=protocol.INVALID_REQUEST,
        code=protocol.CODE_TOO_LARGE,
        message=f"{what} may have at most {max_bytes} bytes",
        id=request_id,
    )


def fault_of(error: WorldVpnError, request_id: RequestId) -> Fault:
    """Return ``error`` as it crosses the local API."""
    return Fault(
        number=protocol.WORLDVPN_ERROR,
        code=error.code,
        message=str(error),
        id=request_id,
        retryable=error.retryable,
    )


def encode_fault(fault: Fault) -> bytes:
    """Return ``fault`` as a line."""
    data = {"code": fault.code, "retryable": fault.retryable}
    error = {"code": fault.number, "message": fault.message, "data": data}
    return _line({"jsonrpc": "2.0", "id": fault.id, "error": error})


def encode_result(request_id: RequestId, result: Mapping[str, object]) -> bytes:
    """Return an answer as a line.

    Raises:
        TypeError, ValueError: ``result`` holds what JSON cannot say.
    """
    return _line({"jsonrpc": "2.0", "id": request_id, "result": dict(result)})


def encode_notification(method: str, params: Mapping[str, object]) -> bytes:
    """Return news for a subscriber as a line. Raises like ``encode_result``."""
    return _line({"jsonrpc": "2.0", "method": method, "params": dict(params)})


def _line(message: Mapping[str, object]) -> bytes:
    return json.dumps(message, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def _is_id(value: object) -> TypeGuard[RequestId]:
    if isinstance(value, str):
        return 1 <= len(value) <= _MAX_ID_LENGTH
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _MAX_ID


def _object(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    """Refuse a repeated name: two readers of one line must not see two requests."""
    members: dict[str, object] = {}
    for name, value in pairs:
        if name in members:
            raise ValueError("repeated name")
        members[name] = value
    return members


def _constant(name: str) -> NoReturn:
    raise ValueError(name)  # NaN and Infinity are no JSON
