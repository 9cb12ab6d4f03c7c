"""Commands that start a daemon on a host that lacks something; only it sees what is missing."""

from __future__ import annotations

import attrs

from worldvpn_lab.daemon import Start

_PROGRAM = Start().program[0]


def without_files(how: Start, *paths: str) -> Start:
    """Start it where an empty file that nobody can use stands in the place of each path."""
    hide = "".join(f"mount --bind /dev/null {path} && " for path in paths)
    return _in_a_shell(how, hide)


def without_folder(how: Start, path: str) -> Start:
    """Start it where the folder ``path`` is empty."""
    return _in_a_shell(how, f"mount -t tmpfs none {path} && ")


def on_a_small_disk(how: Start, size: str) -> Start:
    """Start it with its state on a disk of ``size``; what it had there is copied."""
    state = how.state_dir
    prepare = (
        f"cp -r {state} /run/kept && mount -t tmpfs -o size={size} none {state} && "
        f"cp -r /run/kept/. {state} && rm -r /run/kept && "
    )
    return _in_a_shell(how, prepare)


def without_capability(how: Start, name: str) -> Start:
    """Start it as a root that lacks a capability (capabilities(7)), for good."""
    words = ("setpriv", f"--bounding-set=-{name}", f"--inh-caps=-{name}")
    return attrs.evolve(how, program=(*words, _PROGRAM))


def _in_a_shell(how: Start, prepare: str) -> Start:
    script = prepare + 'exec "$0" "$@"'
    return attrs.evolve(how, program=("unshare", "--mount", "sh", "-c", script, _PROGRAM))
