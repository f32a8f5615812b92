"""A probe that is a command of the user's: it holds if the command exits with 0."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from threading import Event
from time import monotonic

from chaos.probes.reading import Reading, known, unknown
from sim.quantities import show_duration

__all__ = ["CommandProbe"]

LOOK_S = 0.02  # how often a command that runs is looked at: how late its end, or our stop, may be seen
REAP_S = 0.5  # a killed process is gone within that, unless the kernel holds it


class CommandProbe:
    """Runs a command, never through a shell, in a session of its own; its process group is killed when it is over.

    What it prints goes nowhere: it may hold secrets, and nobody bounds it.
    """

    def __init__(self, command: Sequence[str], limit_s: float) -> None:
        self._command, self._limit_s = tuple(command), limit_s
        self._over = Event()
        self._left: subprocess.Popen[bytes] | None = None

    def read(self, now_s: float) -> Reading:
        """Return the exit code as a value; unknown if it could not be started or was not over in time."""
        name = self._command[0]
        if self._left is not None and self._left.poll() is None:
            return unknown(f"{name} of an earlier reading cannot be killed (pid {self._left.pid})", now_s)
        try:
            process = subprocess.Popen(  # noqa: S603  (the user's own command, as the binding has it)
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            return unknown(f"{name} cannot be started: {error.strerror}", now_s)
        in_time = self._wait(process)
        self._end(process)
        if not in_time or process.returncode is None:
            return unknown(f"{name} was not over within {show_duration(self._limit_s)}", now_s)
        return known(float(process.returncode), now_s, holds=process.returncode == 0)

    def abort(self) -> None:
        """Let a command that runs be killed now."""
        self._over.set()

    def _wait(self, process: subprocess.Popen[bytes]) -> bool:
        until_s = monotonic() + self._limit_s
        while not _has_ended(process):
            if monotonic() >= until_s or self._over.wait(LOOK_S):
                return False
        return True

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        """Kill what is left of the group, the children of a command that has ended itself too, then take its code."""
        with suppress(ProcessLookupError, PermissionError):  # nothing is left; or another user's, which we may not
            os.killpg(process.pid, signal.SIGKILL)
        try:
            process.wait(REAP_S)
        except subprocess.TimeoutExpired:
            self._left = process


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Return whether a process is over; its code is not taken yet, so that its number stays its own until the kill."""
    if not hasattr(os, "waitid"):  # macOS before Python 3.13
        return process.poll() is not None
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
