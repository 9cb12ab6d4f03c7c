"""Links, helpers and the journal keep their contracts."""

from __future__ import annotations

from pathlib import Path

import pytest

from worldvpn_core.testing.host_contract import HelpersContract, JournalContract, LinksContract
from worldvpn_host.helpers import ProcessHelpers
from worldvpn_host.journal import FileJournal
from worldvpn_host.links import KernelLinks
from worldvpn_host.route_socket import RouteSocket


@pytest.mark.netns
class TestKernelLinks(LinksContract):
    @pytest.fixture
    def links(self, sock: RouteSocket) -> KernelLinks:
        return KernelLinks(sock)

    @pytest.fixture
    def kind(self) -> str:
        return "bridge"


class TestProcessHelpers(HelpersContract):
    @pytest.fixture
    def helpers(self) -> ProcessHelpers:
        return ProcessHelpers()


class TestFileJournal(JournalContract):
    @pytest.fixture
    def journal(self, tmp_path: Path) -> FileJournal:
        return FileJournal(tmp_path / "journal")

    @pytest.fixture
    def reopened(self, tmp_path: Path) -> FileJournal:
        return FileJournal(tmp_path / "journal")
