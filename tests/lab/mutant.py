"""Daemons whose code was changed before they started."""

from __future__ import annotations

import sys

import attrs

from worldvpn_lab.matrix.states import START, Stage, StateCase, state


def program(patch: str) -> tuple[str, ...]:
    """Return the command of a daemon that runs ``patch`` before its own code."""
    script = f"{patch}\nfrom worldvpn_core.daemon import main\nraise SystemExit(main())"
    # The daemon's name stands in the command, for that is how it is found.
    return (sys.executable, "-I", "-c", script, "run")


def changed(patch: str, name: str = "connected") -> StateCase:
    """Return the state of that name, by such a daemon."""
    start = attrs.evolve(START, program=program(patch))
    return attrs.evolve(state(name), start=start, carries=False)


def unfiltered(case: StateCase) -> StateCase:
    """Return ``case`` without the filter that lets nothing connect where no rule marks answers."""

    def enter(stage: Stage) -> None:
        off = {f"/proc/sys/net/ipv4/conf/{name}/rp_filter": "0" for name in ("all", "eth0")}
        stage.scene.world.write("client", off)
        case.enter(stage)

    return attrs.evolve(case, enter=enter)
