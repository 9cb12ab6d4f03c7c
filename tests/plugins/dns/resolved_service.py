"""systemd-resolved's Manager as far as we use it, to be exported on a test's own bus."""

from __future__ import annotations

from ipaddress import ip_address

import attrs
from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from worldvpn_core.types import IpAddress

SERVICE = "org.freedesktop.resolve1"


@attrs.define
class ResolvedLink:
    """What resolved keeps of one link (org.freedesktop.resolve1(5))."""

    servers: list[tuple[object, ...]] = attrs.field(factory=list)
    domains: list[tuple[object, ...]] = attrs.field(factory=list)
    default_route: bool = False
    quiet: list[str] = attrs.field(factory=list)


@attrs.define
class ResolvedService:
    """Answers as resolved's Manager does, and tells of changes as it does."""

    bus: MessageBus
    links: dict[int, ResolvedLink] = attrs.field(factory=dict)
    refused: set[str] = attrs.field(factory=set)
    calls: list[str] = attrs.field(factory=list)

    def hear(self, message: Message) -> Message | bool | None:
        if message.message_type is not MessageType.METHOD_CALL:
            return None
        if message.member == "Get":
            return Message.new_method_return(message, "v", [self.property(message.body[1])])
        self.calls.append(str(message.member))
        if message.member in self.refused:
            return Message.new_error(message, f"{SERVICE}.LinkBusy", "Link wv0 is managed.")
        self.carry_out(str(message.member), message.body)
        return Message.new_method_return(message)

    def carry_out(self, member: str, body: list[object]) -> None:
        if member == "FlushCaches":
            return
        index = body[0]
        assert isinstance(index, int)
        link = self.links.setdefault(index, ResolvedLink())
        match member, body[1:]:
            case "SetLinkDNS", [list(servers)]:
                link.servers = servers
            case "SetLinkDomains", [list(domains)]:
                link.domains = domains
            case "SetLinkDefaultRoute", [bool(chosen)]:
                link.default_route = chosen
            case "RevertLink", []:
                del self.links[index]
            case _:
                link.quiet.append(member)
        self.tell()

    def property(self, name: str) -> Variant:
        links = self.links.items()
        if name == "DNS":
            return Variant("a(iiay)", [[i, *entry] for i, link in links for entry in link.servers])
        return Variant("a(isb)", [[i, *entry] for i, link in links for entry in link.domains])

    def tell(self) -> None:
        self.bus.send(
            Message.new_signal(
                "/org/freedesktop/resolve1",
                "org.freedesktop.DBus.Properties",
                "PropertiesChanged",
                "sa{sv}as",
                [f"{SERVICE}.Manager", {"DNS": self.property("DNS")}, []],
            )
        )

    def asked(self) -> tuple[IpAddress, ...]:
        """Return whom it would ask for any name: links that route "." before all others."""
        links = self.links.values()
        every_name = [link for link in links if (".", True) in link.domains and link.default_route]
        return tuple(
            ip_address(bytes(packed))
            for link in every_name or links
            for _family, packed in link.servers
            if isinstance(packed, bytes)
        )
