"""A run's progress as plain lines: one when the phase changes, one for each step of a fault, none otherwise."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from chaos.clock import wall_text
from sim.quantities import show_duration

if TYPE_CHECKING:
    from chaos.report.progress import FaultNow, Progress

__all__ = ["Lines"]


class Lines:
    """Writes to a file and remembers what it has said."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._phase = self._stopping = ""
        self._faults: dict[str, tuple[str, float]] = {}
        self._verdicts: dict[str, str] = {}

    def show(self, progress: Progress) -> None:
        """Say what is new."""
        if progress.phase != self._phase:
            self._phase = progress.phase
            self._say(progress, f"{progress.scenario}/{progress.option}: {_phase(progress)}")
        for fault in progress.faults:
            self._step(progress, fault)
        for name, reading in progress.probes.items():
            before = self._verdicts.get(name)
            self._verdicts[name] = reading.verdict
            if before not in (None, reading.verdict):
                why = f": {reading.why}" if reading.why else ""
                self._say(progress, f"steady state {name}: {reading.verdict}{why}")
        if progress.stopping and progress.stopping != self._stopping:
            self._stopping = progress.stopping
            self._say(progress, f"stopping: {progress.stopping}")

    def _step(self, progress: Progress, fault: FaultNow) -> None:
        step = fault.phase, fault.since_s
        if fault.phase == "waiting" or self._faults.get(fault.name) == step:
            return
        self._faults[fault.name] = step
        self._say(progress, f"fault {fault.name} ({fault.what}): {fault.phase}")

    def _say(self, progress: Progress, words: str) -> None:
        flat = " ".join(words.split())
        print(f"{wall_text()} t={progress.t_s:.1f}s {flat}", file=self._file, flush=True)


def _phase(progress: Progress) -> str:
    if progress.phase == "baseline":
        return f"baseline: the steady state has to hold until t = 0, in {show_duration(-progress.t_s)}"
    if progress.phase == "running":
        return f"running until t = {show_duration(progress.end_s)}"
    return progress.phase
