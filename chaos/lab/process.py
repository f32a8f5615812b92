"""Processes of the lab: started in their namespace and cgroup, written down, stopped by what is written down.

A process is known by its number, its start time and the boot it belongs to: a number that is used again is never taken
for it. All carry the mark `WEATHERGLASS_LAB` in their environment and sit in a cgroup of the lab, so that one which was
started and not yet written down when we were killed is found all the same.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "MARK",
    "Process",
    "alive",
    "boot_id",
    "launch",
    "marked",
    "signal_process",
    "started_ticks",
    "wait_until_gone",
]

MARK = "WEATHERGLASS_LAB"
POLL_S = 0.01
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Process:
    """A process that was started: number, start time in clock ticks since boot, and which boot."""

    pid: int
    ticks: int
    boot: str

    @property
    def age_s(self) -> float:
        """Return for how long it has been running, in seconds, if it still is."""
        return time.clock_gettime(time.CLOCK_BOOTTIME) - self.ticks / _TICKS_PER_S


def boot_id() -> str:
    """Return the identity of this boot of the machine."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def launch(
    argv: Sequence[str], *, env: Mapping[str, str], log: Path, cgroup: Path | None = None, mark: str = ""
) -> Process:
    """Start a command as a session of its own, its output added to `log`, and return it.

    `cgroup`: a folder of a hierarchy; the process enters it before it becomes the command, so that nothing it starts
    can escape. Raises OSError if the log cannot be written.
    """
    # a small shell goes first: it knows its own number, and then becomes the command
    entry = ("/bin/sh", "-c", 'echo $$ >"$0" && exec "$@"', str(cgroup / "cgroup.procs")) if cgroup else ()
    entered = (*entry, *argv)
    log.parent.mkdir(parents=True, exist_ok=True)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    try:
        pid = os.posix_spawn(
            entered[0],
            entered,
            {**env, MARK: mark},
            file_actions=[(os.POSIX_SPAWN_DUP2, nothing, 0), *((os.POSIX_SPAWN_DUP2, output, fd) for fd in (1, 2))],
            setsid=True,
            setsigdef=[signal.SIGPIPE, signal.SIGINT],  # Python ignores the one, a background job the other
        )
    finally:
        os.close(output)
        os.close(nothing)
    return Process(pid, started_ticks(pid) or 0, boot_id())


def started_ticks(pid: int) -> int | None:
    """Return when a process began, in clock ticks since boot; None if there is none or only its remains (a zombie).

    A killed process whose first thread is gone and whose others are not yet still holds its ports: it counts as there.
    Source: proc(5), /proc/PID/stat: field 3 is the state, 20 the number of threads, 22 the start time; field 2 may hold
    blanks and brackets.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    if fields[0] in "ZX" and int(fields[17]) <= 1:
        _reap(pid)
        return None
    return int(fields[19])


def _reap(pid: int) -> None:
    """Take leave of a child of ours that has ended; others are not ours to wait for."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def alive(process: Process) -> bool:
    """Return whether this very process still runs."""
    return process.boot == boot_id() and started_ticks(process.pid) == process.ticks


def signal_process(process: Process, number: int) -> bool:
    """Send a signal; return whether the process was there. Another one with its number is never hit."""
    if not alive(process):
        return False
    try:
        os.kill(process.pid, number)
    except ProcessLookupError:
        return False
    return True


def wait_until_gone(process: Process, limit_s: float) -> bool:
    """Return whether it ended within `limit_s`."""
    until_s = time.monotonic() + limit_s
    while alive(process):
        if time.monotonic() >= until_s:
            return False
        time.sleep(POLL_S)
    return True


def marked(mark: str) -> list[int]:
    """Return the numbers of all processes that carry a mark, except this one."""
    wanted = f"{MARK}={mark}".encode()
    others = [entry for entry in Path("/proc").iterdir() if entry.name.isdigit() and int(entry.name) != os.getpid()]
    return sorted(int(entry.name) for entry in others if wanted in _environment(entry))


def _environment(entry: Path) -> list[bytes]:
    try:
        return (entry / "environ").read_bytes().split(b"\0")
    except OSError:  # it has just ended, or is not ours to read
        return []
