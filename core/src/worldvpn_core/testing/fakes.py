"""Honest fakes: each keeps its contract, records what it was asked, and fails on demand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Hashable, Mapping

from worldvpn_core.contracts import (
    Change,
    HostEvent,
    HostServices,
    JournalRecord,
)
from worldvpn_core.errors import JournalError
from worldvpn_core.policy import (
    DnsPolicy,
    Explanation,
    FirewallFacts,
    Packet,
    PolicySet,
    RoutingPolicy,
    RuleCount,
)
from worldvpn_core.testing.metering_fakes import FakeMeter
from worldvpn_core.testing.namespace_fakes import (
    FakeHelpers,
    FakeLinks,
    FakeNamespaces,
    FakeUplinks,
)
from worldvpn_core.types import (
    Counters,
    Endpoint,
    IpAddress,
    Link,
    Option,
    SessionKeys,
    TunnelInfo,
    TunnelPlan,
)

__all__ = [
    "FakeDns",
    "FakeEcho",
    "FakeEvents",
    "FakeFirewall",
    "FakeHelpers",
    "FakeJournal",
    "FakeLinks",
    "FakeMeter",
    "FakeNamespaces",
    "FakeRouting",
    "FakeTransport",
    "FakeTunnel",
    "fake_host",
]


class FakeFirewall:
    """Remembers every policy it was given; raises ``failure`` while that is set.

    ``changed`` says that someone else has touched the rules; ``turns`` is how often it lets
    others run before it has applied one.
    """

    facts = FirewallFacts(name="fake")
    turns: int = 0

    def __init__(self, log: list[str] | None = None) -> None:
        self.applied: list[PolicySet] = []
        self.failure: Exception | None = None
        self.changed = asyncio.Event()
        self.log = [] if log is None else log
        super().__init__()

    async def apply(self, policy: PolicySet) -> None:
        self.log.append("firewall")
        for _ in range(self.turns):
            await asyncio.sleep(0)
        if self.failure is not None:
            raise self.failure
        self.applied.append(policy)

    async def disturbed(self) -> None:
        await self.changed.wait()
        self.changed.clear()

    async def counters(self) -> tuple[RuleCount, ...]:
        return (RuleCount(rule="reject_any", packets=1, bytes=60),)

    async def explain(self, policy: PolicySet, packet: Packet) -> Explanation:
        allowed = policy.host.is_open
        rule = "open" if allowed else "reject_any"
        return Explanation(rule=rule, allowed=allowed, sentence=f"{packet.destination}: {rule}")


class FakeRouting:
    """Remembers every policy it was given; raises ``failure`` while that is set."""

    def __init__(self, log: list[str] | None = None) -> None:
        self.applied: list[RoutingPolicy] = []
        self.adopted: tuple[Change, ...] = ()
        self.failure: Exception | None = None
        self.log = [] if log is None else log

    async def record(self, policy: RoutingPolicy) -> tuple[Change, ...]:
        if not policy.held:
            return ()
        return (Change(kind="sysctl", name="net.ipv4.conf.all.arp_ignore", old="0"),)

    def adopt(self, changes: tuple[Change, ...]) -> None:
        self.adopted = changes

    async def apply(self, policy: RoutingPolicy) -> None:
        self.log.append("routing")
        if self.failure is not None:
            raise self.failure
        self.applied.append(policy)


class FakeDns:
    """Remembers every policy it was given; ``overwritten`` makes it drift."""

    name = "fake"

    def __init__(self, log: list[str] | None = None) -> None:
        self.applied: list[DnsPolicy] = []
        self.adopted: tuple[Change, ...] = ()
        self.failure: Exception | None = None
        self.overwritten = asyncio.Event()
        self.log = [] if log is None else log

    async def record(self) -> tuple[Change, ...]:
        return (Change(kind="resolver", name="resolv.conf", old="nameserver 192.0.2.1\n"),)

    def adopt(self, changes: tuple[Change, ...]) -> None:
        self.adopted = changes

    async def apply(self, policy: DnsPolicy) -> None:
        self.log.append("dns")
        if self.failure is not None:
            raise self.failure
        self.applied.append(policy)

    async def drifted(self) -> None:
        await self.overwritten.wait()
        self.overwritten.clear()


class FakeJournal:
    """Keeps the record in memory; ``full`` refuses as a full disk does."""

    def __init__(self, record: JournalRecord | None = None, log: list[str] | None = None) -> None:
        self.record = record
        self.full = False
        self.log = [] if log is None else log

    def pending(self) -> JournalRecord | None:
        return self.record

    async def begin(self, record: JournalRecord) -> None:
        self.log.append("journal")
        if self.full:
            raise JournalError("the journal cannot be written: no space left on device")
        self.record = record

    async def end(self) -> None:
        self.log.append("journal end")
        if self.full:
            raise JournalError("the journal cannot be written: no space left on device")
        self.record = None


class FakeEcho:
    """Answers every size up to ``largest_bytes``."""

    def __init__(self, largest_bytes: int = 1_420) -> None:
        self.largest_bytes = largest_bytes

    async def burst(
        self, interface: str, target: IpAddress, sizes_bytes: tuple[int, ...], wait_s: float
    ) -> frozenset[int]:
        del interface, target, wait_s
        return frozenset(size for size in sizes_bytes if size <= self.largest_bytes)


class FakeEvents:
    """Yields what is put into ``queue``."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[HostEvent] = asyncio.Queue()

    async def watch(self) -> AsyncIterator[HostEvent]:
        while True:
            yield await self.queue.get()


def fake_host(
    *, links: FakeLinks | None = None, journal: FakeJournal | None = None
) -> HostServices:
    """Return a host made of fakes."""
    return HostServices(
        links=links or FakeLinks(),
        echo=FakeEcho(),
        routing=FakeRouting(),
        events=FakeEvents(),
        helpers=FakeHelpers(),
        journal=journal or FakeJournal(),
        namespaces=FakeNamespaces(),
        meter=FakeMeter(),
        uplinks=FakeUplinks(),
    )


class FakeTunnel:
    """An open tunnel: moves what ``counts`` says, falls when ``fall`` is called."""

    def __init__(self, info: TunnelInfo, links: FakeLinks) -> None:
        self.info = info
        self.counts = Counters()
        self.answers = True
        #: Cleared, closing hangs as a stopped engine makes it hang.
        self.lets_go = asyncio.Event()
        self.lets_go.set()
        self.probes = 0
        self.closed = 0
        self._links = links
        self._down: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()

    async def counters(self) -> Counters:
        return self.counts

    async def probe(self) -> None:
        self.probes += 1
        if self.answers:
            self.counts = Counters(
                received_bytes=self.counts.received_bytes + 92,
                sent_bytes=self.counts.sent_bytes + 148,
                proof=self.counts.proof + 1,
            )

    async def wait_down(self) -> Exception | None:
        return await asyncio.shield(self._down)

    def fall(self, error: Exception) -> None:
        """Let the tunnel fall by itself."""
        self._down.set_result(error)

    async def close(self) -> None:
        await self.lets_go.wait()
        self.closed += 1
        if isinstance(self.info.path, Link):
            await self._links.delete(self.info.path.name)
        if not self._down.done():
            self._down.set_result(None)


class FakeTransport:
    """Opens fake tunnels; raises ``failure``, or hangs while ``hangs`` is set.

    ``lie`` replaces what it reports, as a plugin that breaks its contract would.
    """

    name = "fake"
    label = "Fake"
    options: tuple[Option, ...] = ()

    def __init__(self, links: FakeLinks, log: list[str] | None = None) -> None:
        self.links = links
        self.failure: Exception | None = None
        self.hangs = False
        self.lie: TunnelInfo | None = None
        self.round_trip_s: float | None = None
        self.opened: list[FakeTunnel] = []
        self.log = [] if log is None else log

    def parse(self, raw: Mapping[str, str]) -> Hashable:
        return tuple(sorted(raw.items()))

    def session_options(self, keys: SessionKeys) -> Mapping[str, str]:
        return {"private_key": keys.private_key.hex(), "remote_key": keys.remote_key.hex()}

    def outer_endpoints(self, plan: TunnelPlan) -> tuple[Endpoint, ...]:
        return plan.remotes

    async def open(self, plan: TunnelPlan) -> FakeTunnel:
        self.log.append("open")
        if self.hangs:
            await asyncio.Event().wait()
        if self.failure is not None:
            raise self.failure
        await self.links.add(plan.interface, "tun")
        info = TunnelInfo(
            path=Link(name=plan.interface),
            outer_endpoints=plan.remotes,
            round_trip_s=self.round_trip_s,
        )
        tunnel = FakeTunnel(self.lie or info, self.links)
        self.opened.append(tunnel)
        return tunnel
