"""Figures of all workers in one answer, for the holder of the operator's token."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from tests.server.operations.process import ServerProcess, until

_ASKED = 20


def _samples(server: ServerProcess) -> dict[tuple[str, str], float]:
    token = (server.data / "keys" / "metrics.token").read_text()
    answer = server.get("/metrics", Authorization=f"Bearer {token}")
    assert answer.status_code == 200
    return {
        (sample.name, sample.labels.get("route", "")): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
        if "le" not in sample.labels
    }


def test_requests_of_all_workers_are_counted_by_route(server: ServerProcess) -> None:
    before = _samples(server).get(("worldvpn_requests_total", "/health"), 0.0)
    for _ in range(_ASKED):
        server.get("/health")

    counted = {_samples(server)["worldvpn_requests_total", "/health"] for _ in range(6)}
    assert counted == {before + _ASKED}  # whichever worker answers


def test_paths_of_strangers_are_no_labels(server: ServerProcess) -> None:
    server.get("/wp-login.php")

    assert not any("wp-login" in route for _, route in _samples(server))


def test_one_process_leads_and_tells_how_far_behind_the_ledger_is(server: ServerProcess) -> None:
    until(lambda: ("worldvpn_seal_lag_seconds", "") in _samples(server))

    found = _samples(server)
    assert found["worldvpn_leading", ""] == 1
    assert found["worldvpn_outbox_lag_seconds", ""] >= 0
