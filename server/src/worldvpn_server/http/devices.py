"""The caller's devices."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec
from litestar import delete, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from worldvpn_server.accounts.devices import MOST_DEVICES
from worldvpn_server.accounts.values import Audience, Caller
from worldvpn_server.errors import InvalidError
from worldvpn_server.http.auth_bodies import MOST_BODY_BYTES, DeviceBody, DeviceView, ProofBody
from worldvpn_server.http.guards import signed_in
from worldvpn_server.services import Services

_TAGS: Final = ["devices"]


class DeviceList(msgspec.Struct, frozen=True):
    """The devices that are not revoked, oldest first."""

    devices: list[DeviceView]
    most_devices: int


class NewKeys(msgspec.Struct, frozen=True):
    """A device and the new key's proof.

    With ``replaces``, the caller's own device gets these keys and keeps its sign-in: then the old
    key signs the same claim as ``old_proof``.
    """

    device: DeviceBody
    proof: ProofBody
    replaces: UUID | None = None
    old_proof: ProofBody | None = None


class DeviceId(msgspec.Struct, frozen=True):
    """The device that was added or changed."""

    device_id: str


@get("/v1/devices", tags=_TAGS, guards=[signed_in(Audience.V1)])
async def list_devices(caller: NamedDependency[Caller], state: State) -> DeviceList:
    """List the caller's devices."""
    services: Services = state.services
    found = await services.accounts.devices.of(caller.account)
    return DeviceList(
        devices=[DeviceView.of(each, current=each.id == caller.device) for each in found],
        most_devices=MOST_DEVICES,
    )


@post(
    "/v1/devices",
    tags=_TAGS,
    guards=[signed_in(Audience.V1)],
    request_max_body_size=MOST_BODY_BYTES,
)
async def put_device(
    data: JSONBody[NewKeys], caller: NamedDependency[Caller], state: State
) -> DeviceId:
    """Add a device, or replace the keys of the caller's own."""
    services: Services = state.services
    devices, device = services.accounts.devices, data.device.value()
    if data.replaces is None:
        added = await devices.add(caller, device, data.proof.value())
        return DeviceId(device_id=str(added))
    if data.old_proof is None:
        raise InvalidError("old_proof: is needed to replace keys")
    if data.replaces != caller.device:
        raise InvalidError("replaces: a device replaces its own keys only")
    changed = await devices.replace_keys(
        caller, device.keys, old_signs=data.old_proof.value(), new_signs=data.proof.value()
    )
    return DeviceId(device_id=str(changed))


@delete("/v1/devices/{device:uuid}", status_code=204, tags=_TAGS, guards=[signed_in(Audience.V1)])
async def delete_device(
    device: FromPath[UUID], caller: NamedDependency[Caller], state: State
) -> None:
    """Revoke a device: it is signed out, its sessions end, its node takes no more guests."""
    services: Services = state.services
    await services.accounts.devices.revoke(caller.account, device)


ROUTES: Final = (list_devices, put_device, delete_device)
