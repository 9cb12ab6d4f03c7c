"""Which engine carries a tunnel: the kernel's where there is one, else wireguard-go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from worldvpn_core.contracts import HostServices
from worldvpn_core.errors import ConfigError, EngineError
from worldvpn_wireguard.device import Device, Engine
from worldvpn_wireguard.kernel import KernelEngine
from worldvpn_wireguard.userspace import UserspaceEngine

CHOICES: Final = ("auto", "kernel", "userspace")


class FirstThatWorks:
    """Asks the kernel at every open, for a module may be loaded meanwhile."""

    def __init__(self, kernel: Engine, userspace: Engine) -> None:
        self._kernel = kernel
        self._userspace = userspace

    async def make(self, interface: str) -> Device:
        try:
            return await self._kernel.make(interface)
        except EngineError as kernel_error:
            try:
                return await self._userspace.make(interface)
            except EngineError as error:
                raise EngineError(
                    f"neither engine can carry a tunnel here. Kernel: {kernel_error}. "
                    f"Userspace: {error}"
                ) from error


def engine_from(options: Mapping[str, str], host: HostServices) -> Engine:
    """Return the engine that ``options["engine"]`` names: auto, kernel or userspace.

    Raises:
        ConfigError: it names another.
    """
    choice = options.get("engine", "auto")
    if choice not in CHOICES:
        raise ConfigError(
            f"wireguard: engine is {choice!r}; it must be one of {', '.join(CHOICES)}"
        )
    kernel = KernelEngine(host.links, host.events)
    userspace = UserspaceEngine(host.links, host.helpers)
    engines: Mapping[str, Engine] = {
        "auto": FirstThatWorks(kernel, userspace),
        "kernel": kernel,
        "userspace": userspace,
    }
    return engines[choice]
