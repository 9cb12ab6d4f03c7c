"""Which system calls the confined agent may make (seccomp(2), by libseccomp).

An allow-list. What is not on it fails with EPERM, which Python turns into an ordinary
exception; what only an attack would try ends the process, so that the daemon hears of it.
"""

from __future__ import annotations

import errno
import fcntl
import mmap
import termios
from importlib import import_module
from typing import Final, Protocol

#: clone(2): a thread shares all of it; without this bit it would be a process.
_CLONE_THREAD: Final = 0x00010000

#: Memory, time, waiting, signals to itself, and bytes over descriptors it was given.
ALLOWED: Final = (
    *("read", "write", "writev", "readv", "pread64", "close", "lseek", "shutdown"),
    *("recvfrom", "recvmsg", "getsockopt", "getsockname", "getpeername"),
    *("epoll_ctl", "epoll_wait", "epoll_pwait", "poll", "ppoll", "select", "pselect6"),
    *("brk", "munmap", "mremap", "madvise", "membarrier"),
    *("futex", "rseq", "set_robust_list", "get_robust_list", "sched_yield"),
    *("rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "restart_syscall"),
    *("clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time"),
    *("getrandom", "getpid", "gettid", "getuid", "geteuid", "getgid", "getegid", "uname"),
    *("exit", "exit_group"),
    # asyncio calls it on sockets it is handed; there is no call that could bind one.
    "listen",
)

#: Nothing of ours ever tries these.
FATAL: Final = (
    *("execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev"),
    *("mount", "umount2", "pivot_root", "chroot", "setns", "unshare", "move_mount"),
    *("bpf", "perf_event_open", "userfaultfd", "keyctl", "add_key", "request_key"),
    *("init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load"),
    *("setuid", "setresuid", "setreuid", "capset", "io_uring_setup", "pidfd_getfd"),
)

_DESCRIPTOR_FLAGS: Final = (
    *(fcntl.F_GETFL, fcntl.F_SETFL, fcntl.F_GETFD, fcntl.F_SETFD),
    fcntl.F_DUPFD_CLOEXEC,
)


class Filter(Protocol):
    """What libseccomp has compiled."""

    def load(self) -> None:
        """Put it in force, irrevocably, here and in all threads to come. Raises OSError."""


def system_call_filter() -> Filter:
    """Build the filter. Raises ImportError without libseccomp."""
    # By name, for it has no types, and loads libseccomp when it is imported.
    pyseccomp = import_module("pyseccomp")
    made = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.EPERM))
    allow, fatal = pyseccomp.ALLOW, pyseccomp.KILL_PROCESS
    arg, equal, masked = pyseccomp.Arg, pyseccomp.EQ, pyseccomp.MASKED_EQ
    # A call by another architecture's table is nobody's but an attacker's.
    made.set_attr(pyseccomp.Attr.ACT_BADARCH, fatal)
    for name in ALLOWED:
        made.add_rule(allow, name)
    for name in FATAL:
        made.add_rule(fatal, name)
    # No address: on a connected datagram socket, one would reach anybody. sendmsg, whose
    # address the filter cannot see, is refused for the same reason.
    made.add_rule(allow, "sendto", arg(4, equal, 0))
    for command in _DESCRIPTOR_FLAGS:
        made.add_rule(allow, "fcntl", arg(1, equal, command))
    made.add_rule(allow, "ioctl", arg(1, equal, termios.FIONBIO))
    # No memory that can be executed: no code but what was loaded before.
    for name in ("mmap", "mprotect"):
        made.add_rule(allow, name, arg(2, masked, mmap.PROT_EXEC, 0))
    # Threads, not processes: a child once kept the pair open and hid the agent's death.
    made.add_rule(allow, "clone", arg(0, masked, _CLONE_THREAD, _CLONE_THREAD))
    # Its flags lie in memory; glibc falls back to clone.
    made.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
    compiled: Filter = made
    return compiled
