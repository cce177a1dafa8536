"""Runs a program under what systemd/hearth.service takes away, as far as that goes without systemd:

    python -m tests.sim.sandbox WRITABLE COMMAND...

System calls, address families, writable code, umask, limits and privileges; as root also
capabilities, and a file system of which only the folder WRITABLE can be written. The system call
filter is loaded by libseccomp from the very groups that systemd expands.
"""

import ctypes
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

UNIT = Path(__file__).parents[2] / "systemd" / "hearth.service"
PR_SET_NO_NEW_PRIVS, PR_CAPBSET_DROP, PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN = 38, 24, 65, 1
CLONE_NEWNS = 0x20000
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
ALLOW, REFUSE_EPERM, EQUAL = 0x7FFF0000, 0x00050001, 4
FAMILIES = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10, "AF_NETLINK": 16}
COULD_NOT = 77

libc = ctypes.CDLL(None, use_errno=True)


class Comparison(ctypes.Structure):
    """struct scmp_arg_cmp of seccomp.h."""

    _fields_ = (
        ("arg", ctypes.c_uint),
        ("op", ctypes.c_int),
        ("a", ctypes.c_uint64),
        ("b", ctypes.c_uint64),
    )


def settings(unit: Path = UNIT) -> dict[str, list[str]]:
    """All values of each key, in order."""
    found = dict[str, list[str]]()
    for line in unit.read_text(encoding="utf-8").splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith(("#", "[")):
            found.setdefault(key, []).append(value)
    return found


def groups() -> dict[str, list[str]]:
    """systemd's groups of system calls, and what stands in them."""
    told = subprocess.run(
        ["systemd-analyze", "syscall-filter", "--no-pager"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    found, name = dict[str, list[str]](), ""
    for line in told.splitlines():
        word = line.strip()
        if word.startswith("#") or not word:
            continue
        if line.startswith("@"):
            name = word
            found[name] = []
        elif name:
            found[name].append(word)
    return found


def expand(word: str, known: dict[str, list[str]]) -> Iterator[str]:
    if word.startswith("@"):
        for each in known[word]:
            yield from expand(each, known)
    else:
        yield word


def allowed(lines: list[str]) -> set[str]:
    """What SystemCallFilter= lets through: later lines take away what earlier ones gave."""
    known = groups()
    calls = set(expand("@default", known))
    for line in lines:
        words = line.removeprefix("~").split()
        named = {call for word in words for call in expand(word, known)}
        calls = calls - named if line.startswith("~") else calls | named
    return calls


def confine(unit: dict[str, list[str]], writable: Path) -> None:
    os.umask(int(unit["UMask"][-1], 8))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    files = int(unit["LimitNOFILE"][-1])
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    calls = allowed(unit["SystemCallFilter"])
    if os.geteuid() == 0:
        _read_only_but(writable)
        for capability in range(64):
            libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    _must(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no new privileges")
    _must(libc.prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0), "no writable code")
    _filter(calls, unit["RestrictAddressFamilies"][-1].split())


def _read_only_but(writable: Path) -> None:
    folder = str(writable).encode()
    _must(libc.unshare(CLONE_NEWNS), "a mount namespace of its own")
    _must(libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None), "private mounts")
    _must(libc.mount(folder, folder, None, MS_BIND, None), "a writable folder")
    os.chdir("/")
    _must(libc.mount(None, b"/", None, MS_REMOUNT | MS_BIND | MS_RDONLY, None), "read-only")


def _filter(calls: set[str], families: list[str]) -> None:
    seccomp = ctypes.CDLL("libseccomp.so.2")
    seccomp.seccomp_init.restype = ctypes.c_void_p
    rules = ctypes.c_void_p(seccomp.seccomp_init(ctypes.c_uint32(REFUSE_EPERM)))
    for call in sorted(calls - {"socket"}):
        number = seccomp.seccomp_syscall_resolve_name(call.encode())
        if number >= 0:
            seccomp.seccomp_rule_add(rules, ctypes.c_uint32(ALLOW), number, 0)
    number = seccomp.seccomp_syscall_resolve_name(b"socket")
    for family in families:
        same = Comparison(0, EQUAL, FAMILIES[family], 0)
        seccomp.seccomp_rule_add_array(rules, ctypes.c_uint32(ALLOW), number, 1, ctypes.byref(same))
    _must(seccomp.seccomp_load(rules), "the system call filter")


def _must(outcome: int, what: str) -> None:
    if outcome != 0:
        sys.stderr.write(f"cannot have {what} here: {os.strerror(ctypes.get_errno())}\n")
        sys.exit(COULD_NOT)


if __name__ == "__main__":
    confine(settings(), Path(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606 -- a shell would be in the way
