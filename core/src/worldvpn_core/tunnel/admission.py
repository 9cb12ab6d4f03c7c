"""Core trusts no plugin with the policy: what ``open`` returned against what was admitted."""

from __future__ import annotations

from typing import Final

from worldvpn_core.contracts import LinkFacts
from worldvpn_core.errors import ContractError
from worldvpn_core.types import Endpoint, Link, TunnelInfo, TunnelPlan

#: Kinds of interface that only exist while a tunnel does (rtnetlink IFLA_INFO_KIND).
TUNNEL_KINDS: Final = frozenset({"tun", "wireguard"})


def refuse_taken(plan: TunnelPlan, before: tuple[LinkFacts, ...]) -> None:
    """Check that the interface of ``plan`` does not exist before it is opened.

    Raises:
        ContractError: a link of that name, or known by it, is there already.
    """
    for link in before:
        if plan.interface in (link.name, *link.alternative_names):
            raise ContractError(
                f"interface {plan.interface} exists before transport {plan.transport} made it"
            )


def refuse_lies(
    plan: TunnelPlan,
    admitted: tuple[Endpoint, ...],
    info: TunnelInfo,
    after: tuple[LinkFacts, ...],
) -> None:
    """Check what transport ``plan.transport`` says it opened.

    Raises:
        ContractError: another interface than the one named, one that is no tunnel, or
            other endpoints than those the firewall let out.
    """
    if set(info.outer_endpoints) != set(admitted):
        said = ", ".join(map(str, info.outer_endpoints)) or "none"
        raise ContractError(f"transport {plan.transport} reports endpoints not admitted: {said}")
    if not isinstance(info.path, Link):
        return
    if info.path.name != plan.interface:
        raise ContractError(
            f"transport {plan.transport} reports interface {info.path.name}, "
            f"was told to make {plan.interface}"
        )
    kinds = {link.kind for link in after if link.name == plan.interface}
    if not kinds & TUNNEL_KINDS:
        found = ", ".join(kinds) or "nothing"
        raise ContractError(f"interface {plan.interface} is no tunnel but {found}")
