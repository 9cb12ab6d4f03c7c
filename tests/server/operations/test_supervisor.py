"""What dies is started again, and nobody is left behind."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import httpx

from tests.server.operations.process import ServerProcess, is_gone, kill, until


def test_first_start_tells_the_fingerprint_and_to_move_the_root_key(folder: Path) -> None:
    server = ServerProcess.start(folder, tls=True)
    trusting = ssl.create_default_context(cafile=folder / "tls" / "tls.crt")
    answer = httpx.get(server.url + "/health", verify=trusting)
    status = server.stop()

    assert (answer.status_code, status) == (200, 0)
    assert any(line.startswith("TLS is self-signed; SHA-256") for line in server.said)
    assert any(
        "move the offline root key away from this machine now" in line for line in server.said
    )


def test_what_the_server_keeps_is_closed_to_other_users(server: ServerProcess) -> None:
    data = server.log.parent / "data"
    open_to_others = [
        str(each)
        for folder in (data / "keys", data / "postgres", data / "metrics")
        for each in (folder, *folder.glob("*.key"), *folder.glob("*.token"))
        if each.stat().st_mode & 0o077
    ]

    assert open_to_others == []


def test_second_server_in_a_folder_is_refused_in_a_sentence(server: ServerProcess) -> None:
    argv = [sys.executable, "-m", "worldvpn_server", "--data", str(server.log.parent / "data")]
    second = subprocess.run(argv, capture_output=True, text=True, check=False)

    assert second.returncode == 69
    assert "another worldvpn-server runs in" in second.stderr


def test_port_that_is_taken_is_named_in_a_sentence(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        argv = [sys.executable, "-m", "worldvpn_server", "--data", str(folder), "--port", port]
        refused = subprocess.run(
            [*argv, "--host", "127.0.0.1"], capture_output=True, text=True, check=False
        )

    assert refused.returncode == 69
    assert f"cannot listen on 127.0.0.1 port {port}" in refused.stderr


def test_worker_that_is_killed_is_replaced_while_the_other_answers(server: ServerProcess) -> None:
    before = server.workers()
    kill(min(before))

    until(lambda: len(server.workers() & server.answering()) == 2)
    assert server.workers() != before
    assert {server.status_of("/health") for _ in range(10)} == {200}


def test_postgresql_that_is_killed_comes_back_under_the_same_workers(
    server: ServerProcess,
) -> None:
    workers, postmaster = server.workers(), server.postmaster()
    kill(postmaster)
    seen = {server.status_of("/health/ready") for _ in range(5)}
    until(lambda: bool(server.children("/bin/postgres") - {postmaster}))
    until(lambda: server.status_of("/health/ready") == 200)

    assert seen <= {200, 503}
    assert server.postmaster() != postmaster
    assert server.workers() == workers


def test_killing_the_supervisor_leaves_nothing_running_and_the_next_starts(folder: Path) -> None:
    first = ServerProcess.start(folder)
    left = {*first.workers(), first.postmaster()}
    kill(first.process.pid)
    first.stop()
    second = ServerProcess.start(folder)
    ready = second.status_of("/health/ready")

    assert ready == 200
    until(lambda: all(is_gone(pid) for pid in left))
    assert second.stop() == 0


def test_orphan_of_a_killed_server_is_ended_before_its_files_are_used(folder: Path) -> None:
    first = ServerProcess.start(folder)
    postmaster = first.postmaster()
    os.kill(postmaster, signal.SIGSTOP)  # it cannot hear that its parent has gone
    kill(first.process.pid)
    first.stop()
    os.kill(postmaster, signal.SIGCONT)
    second = ServerProcess.start(folder)

    assert second.status_of("/health/ready") == 200
    assert is_gone(postmaster)
    second.stop()


def test_no_log_line_has_an_address_a_query_or_a_path_with_an_id(server: ServerProcess) -> None:
    server.get("/health?who=alice")
    server.get("/v1/sessions/0190a0a0-0000-7000-8000-000000000000")
    text = server.log.read_text()

    assert "alice" not in text
    assert "0190a0a0" not in text
    assert "127.0.0.1" not in text
    assert any(line["what"] == "request" for line in server.lines())
