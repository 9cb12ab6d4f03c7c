"""What may be typed, and what is refused in a sentence before anything is touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from worldvpn_server.main import main
from worldvpn_server.operations import arguments, folder


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--no-tls"], "--no-tls would show passwords to the network"),
        (["--no-tls", "--host", "192.0.2.1"], "--no-tls would show passwords to the network"),
        (["--no-tls", "--host", "localhost.evil.test"], "--no-tls would show"),
        (["--cert", "a.pem"], "--cert and --key go together"),
        (["--port", "70000"], "70000"),
        (["--workers", "0"], "0"),
        (["--payout-interval", "0"], "0"),
        (["--lab-ranges", "10.0.0.1/8"], "--lab-ranges"),
        (["--own-ranges", "203.0.113.7/24"], "--own-ranges"),
        (["seed", "--nodes", "0"], "above zero"),
        (["keys"], "VERB"),
        (["--hots"], "--hots"),
    ],
)
def test_what_cannot_be_meant_ends_with_64_and_a_sentence(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(words)

    said = capsys.readouterr().err
    assert status == 64
    assert said.startswith("worldvpn-server: ")
    assert sentence in said


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.9.9.9"])
def test_plain_http_is_for_loopback(host: str) -> None:
    _, config = arguments.read(["--no-tls", "--host", host])

    assert (config.tls, config.host) == (False, host)


def test_networks_of_ones_own_are_told_to_those_who_probe() -> None:
    _, config = arguments.read(["--own-ranges", "203.0.113.0/24", "2001:db8::/32"])

    assert [str(each) for each in config.own_ranges] == ["203.0.113.0/24", "2001:db8::/32"]


def test_secret_in_the_environment_is_not_shown_by_the_configuration(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(arguments.DSN_VARIABLE, "postgresql://u:hunter2@db/w")
    _, config = arguments.read([])

    assert config.dsn == "postgresql://u:hunter2@db/w"
    assert "hunter2" not in repr(config)


def test_place_given_before_a_command_is_the_commands() -> None:
    said, config = arguments.read(["--data", "/srv/w", "audit", "--checkpoint", "kept.txt"])

    assert (config.data, said.checkpoint) == (Path("/srv/w"), Path("kept.txt"))


@pytest.mark.parametrize(
    ("environment", "root", "expected"),
    [
        ({}, True, "/var/lib/worldvpn-server"),
        ({}, False, "/home/u/.local/share/worldvpn-server"),
        ({"XDG_DATA_HOME": "/data"}, False, "/data/worldvpn-server"),
        ({"XDG_DATA_HOME": "relative"}, False, "/home/u/.local/share/worldvpn-server"),
    ],
)
def test_data_is_where_the_system_wants_it(
    environment: dict[str, str], *, root: bool, expected: str
) -> None:
    assert folder.default(environment, Path("/home/u"), root=root) == Path(expected)


def test_command_without_keys_says_how_to_get_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["keys", "rotate", "--data", str(tmp_path)])

    assert status == 69
    assert "root key is not at" in capsys.readouterr().err
