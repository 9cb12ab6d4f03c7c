"""Find plugins, register them, and read what they offer: the plugin boundary.

Plugins' code is not ours: what it raises while offering objects stops the process
with the plugin's name, what a gate raises refuses, what a listener raises is logged.
pluggy alone would stop at the first exception, so each implementation is called by
itself; the order is pluggy's, the last registered first.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from operator import attrgetter
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import attrs
import pluggy

from worldvpn_core import hookspecs
from worldvpn_core.contracts import (
    Exit,
    NetworkServices,
    Obfuscator,
    ProfileReader,
    Services,
    Transport,
)
from worldvpn_core.errors import ConfigError, ContractError, PluginError
from worldvpn_core.types import Profile, Refusal, SessionRequest

SYSTEM_GROUP: Final = "worldvpn.system"
NETWORK_GROUP: Final = "worldvpn.network"

_log = logging.getLogger(__name__)


class _Named(Protocol):
    @property
    def name(self) -> str: ...


_N = TypeVar("_N", bound=_Named)


@attrs.frozen(kw_only=True)
class PluginFacts:
    """One installed plugin, as ``worldvpn plugins`` lists it: enabled or not."""

    name: str
    distribution: str
    version: str
    group: str


def own_cache(directory: Path) -> None:
    """Make stevedore keep its map of entry points below ``directory``.

    It later imports what that map says, so ``directory`` must belong to root alone.
    Call it before the first ``load``.

    Raises:
        PluginError: stevedore is imported already and has chosen another place.
    """
    if "stevedore" in sys.modules:
        raise PluginError(f"the plugin cache cannot move to {directory}: plugins are loaded")
    os.environ["XDG_CACHE_HOME"] = str(directory)


def load(group: str, enabled: Collection[str]) -> pluggy.PluginManager:
    """Import the ``enabled`` plugins of ``group``; no other plugin's code runs.

    Raises:
        PluginError: an enabled plugin is not installed, is there twice, fails to import,
            implements a hook that does not exist, or wraps others' hooks.
    """
    from stevedore import NamedExtensionManager  # noqa: PLC0415 - own_cache comes first

    found: NamedExtensionManager[Any] = NamedExtensionManager(
        group,
        names=sorted(enabled),
        on_load_failure_callback=_fail_to_load,
        on_missing_entrypoints_callback=_fail_missing,
    )
    plugins: dict[str, object] = {}
    for extension in found:
        if extension.name in plugins:
            raise PluginError(f"two installed distributions have a plugin {extension.name!r}")
        plugins[extension.name] = extension.plugin
    return register(plugins)


def register(plugins: Mapping[str, object]) -> pluggy.PluginManager:
    """Return a manager that holds ``plugins`` by name, in the order of their names.

    Raises:
        PluginError: one implements a hook that does not exist, or wraps others' hooks.
    """
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    try:
        for name, plugin in sorted(plugins.items()):
            manager.register(plugin, name=name)
        manager.check_pending()
    except (pluggy.PluginValidationError, ValueError) as error:
        raise PluginError(str(error)) from error
    for name, plugin in manager.list_name_plugin():
        for caller in manager.get_hookcallers(plugin) or ():
            if any(hook.wrapper or hook.hookwrapper for hook in caller.get_hookimpls()):
                raise PluginError(f"plugin {name!r} wraps {caller.name}: hooks are not wrapped")
    return manager


def installed(group: str) -> tuple[PluginFacts, ...]:
    """List the plugins installed for ``group``, sorted by name. Imports none of them."""
    return tuple(
        PluginFacts(
            name=entry.name,
            distribution=entry.dist.name if entry.dist else "?",
            version=entry.dist.version if entry.dist else "?",
            group=group,
        )
        for entry in sorted(entry_points(group=group), key=attrgetter("name"))
    )


def loaded(system: Collection[str], network: Collection[str]) -> tuple[PluginFacts, ...]:
    """List the installed plugins that are enabled, by group."""
    groups = ((SYSTEM_GROUP, system), (NETWORK_GROUP, network))
    return tuple(
        facts for group, enabled in groups for facts in installed(group) if facts.name in enabled
    )


def first(caller: pluggy.HookCaller, **asked: object) -> Any:
    """Return the first answer that is not None, or None when every plugin passes.

    Raises:
        PluginError: a plugin raised before anyone had answered.
    """
    return next((answer for _, answer in _answers(caller, asked)), None)


def transports(manager: pluggy.PluginManager, services: Services) -> Mapping[str, Transport]:
    """Return every offered transport by name.

    Raises:
        PluginError: a plugin raised, or two offer the same name.
    """
    return _gathered("transport", manager.hook.worldvpn_transports, services)


def obfuscators(manager: pluggy.PluginManager, services: Services) -> Mapping[str, Obfuscator]:
    """Return every offered obfuscator by name; raises as ``transports``."""
    return _gathered("obfuscator", manager.hook.worldvpn_obfuscators, services)


def exits(manager: pluggy.PluginManager, services: Services) -> Mapping[str, Exit]:
    """Return every offered exit by its transport's name; raises as ``transports``."""
    return _gathered("exit", manager.hook.worldvpn_exits, services)


def profile_readers(
    manager: pluggy.PluginManager, services: NetworkServices
) -> Mapping[str, ProfileReader]:
    """Return every offered profile reader by its format's name; raises as ``transports``."""
    return _gathered("profile reader", manager.hook.worldvpn_profile_readers, services)


def read_profile(readers: Iterable[ProfileReader], text: str, name: str) -> Profile:
    """Have the first reader that recognises ``text`` read it as a profile called ``name``.

    Raises:
        ConfigError: no reader recognises it, or what is wrong with it.
        PluginError: the reader broke its contract.
    """
    offered = tuple(readers)
    for reader in offered:
        try:
            if not reader.recognises(text):
                continue
            profile = reader.read(text, name)
        except ConfigError:
            raise
        except Exception as error:
            # Its text may quote the profile: only its kind is told.
            raise PluginError(
                f"the {reader.name} reader failed ({type(error).__name__}): report it"
            ) from error
        if not isinstance(profile, Profile):
            raise ContractError(f"the {reader.name} reader returned no profile: report it")
        return profile
    formats = ", ".join(reader.name for reader in offered) or "none: no plugin reads profiles"
    raise ConfigError(f"{name!r} is in no format that can be read here (known: {formats})")


def refusal(manager: pluggy.PluginManager, request: SessionRequest) -> Refusal | None:
    """Return the first refusal of ``request``, or None when every gate lets it pass.

    A gate that raises, or answers something other than a refusal, refuses.
    """
    caller = manager.hook.worldvpn_session_refusal
    try:
        answer = first(caller, request=request)
    except PluginError as error:
        _log.exception("a gate failed")
        return Refusal(code="denied", detail=str(error))
    if answer is None or isinstance(answer, Refusal):
        return answer
    return Refusal(code="denied", detail=f"a plugin answered {caller.name} with no refusal")


def notify(caller: pluggy.HookCaller, **news: object) -> None:
    """Tell every plugin; one that raises neither stops the others nor the core."""
    for hook in reversed(caller.get_hookimpls()):
        try:
            hook.function(*(news[name] for name in hook.argnames))
        except Exception:
            _log.exception("plugin %s failed in %s", hook.plugin_name, caller.name)


def _answers(caller: pluggy.HookCaller, asked: Mapping[str, object]) -> Iterator[tuple[str, Any]]:
    for hook in reversed(caller.get_hookimpls()):
        try:
            answer = hook.function(*(asked[name] for name in hook.argnames))
        except Exception as error:
            raise PluginError(
                f"plugin {hook.plugin_name!r} failed in {caller.name}: {error}"
            ) from error
        if answer is not None:
            yield hook.plugin_name, answer


def _gathered(
    kind: str, caller: pluggy.HookCaller, services: Services | NetworkServices
) -> dict[str, Any]:
    by_name: dict[str, Any] = {}
    for plugin, offers in _answers(caller, {"services": services}):
        for offered in _listed(plugin, caller.name, offers):
            if offered.name in by_name:
                raise PluginError(
                    f"two plugins offer the {kind} {offered.name!r}, one is {plugin!r}: "
                    "disable one of them"
                )
            by_name[offered.name] = offered
    return by_name


def _listed(plugin: str, hook: str, offers: Iterable[_N]) -> tuple[_N, ...]:
    try:
        # A generator runs only now, and it is the plugin's code.
        return tuple(offers)
    except Exception as error:
        raise PluginError(f"plugin {plugin!r} failed in {hook}: {error}") from error


def _fail_to_load(_manager: object, entry_point: EntryPoint, error: BaseException) -> None:
    raise PluginError(f"plugin {entry_point.name!r} failed to load: {error}") from error


def _fail_missing(names: Iterable[str]) -> None:
    raise PluginError(
        f"plugins enabled but not installed: {', '.join(sorted(names))}: "
        "install them, or take them out of daemon.toml"
    )
