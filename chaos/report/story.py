"""What a run's directory tells: which run, how it ended and why, and its journal up to that moment.

Read from the directory alone, also of a run that was aborted or killed, and of one that an older version made.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from chaos.report.torn import Torn, whole_lines
from sim.analysis.run_result import RunResult
from sim.record import Event, Journal, RunInfo
from sim.record.rows import call_columns

__all__ = ["UNFINISHED", "Story", "read_story"]

UNFINISHED = "unfinished"
"""The outcome of a run whose journal breaks off: its runner was killed, or is still at work."""
LEAST_S = 1e-3  # what a run that ended before t = 0 is analysed over: nothing


@dataclass(frozen=True, slots=True)
class Story:
    """One run. `outcome`: the runner's word for how it ended, or UNFINISHED; `why`: in words; `until_s`: run seconds.

    `run`, `binding`, `lab`, `again`: as its ledger names them, '' without one. `lost`: unreadable lines by file.
    """

    folder: Path
    result: RunResult
    events: list[Event]
    outcome: str
    why: str
    until_s: float
    run: str = ""
    binding: str = ""
    lab: str = ""
    again: str = ""
    kill_switch: str = ""
    lost: dict[str, int] | None = None

    @property
    def info(self) -> RunInfo:
        """Return what the run said of itself before it began."""
        return self.result.info

    @property
    def whole(self) -> bool:
        """Whether the run came to its planned end: only then its objectives are decided."""
        return self.outcome in ("ran", "held")

    @property
    def stopped_s(self) -> float:
        """Return when the run was stopped, before everything was undone; of a killed one when it fell silent."""
        return next((event.t_s for event in reversed(self.events) if event.kind == "stopped"), self.until_s)

    def utc(self, at_s: float) -> str:
        """Return a moment of the run as wall time, `12:03:44 UTC`; '' if nobody noted when it started."""
        try:
            started = datetime.fromisoformat(self.info.started)
        except ValueError:
            return ""
        return f"{started + timedelta(seconds=at_s + self.info.warmup_s):%H:%M:%S} UTC"


def read_story(folder: Path | str) -> Story:
    """Return what a run's directory tells. Raises RunError if it holds no journal, or that of a newer version."""
    folder = Path(folder)
    journal = Journal.read(folder)
    lost: dict[str, int] = {}
    kept = Torn(folder, call_columns(journal.info.source), lost)
    events, samples = kept.events(), kept.samples()
    outcome, why = _end(events, journal)
    moments_s = [*(event.t_s for event in events), *(sample.t_s for sample in samples)]
    until_s = max(moments_s, default=-journal.info.warmup_s)
    whole = outcome in ("ran", "held")
    until_s = journal.info.duration_s if whole else min(until_s, journal.info.duration_s)
    info = replace(journal.info, duration_s=max(until_s, LEAST_S))
    header = _ledger_header(folder)
    return Story(
        folder=folder,
        result=RunResult(info, kept, journal.totals, complete=journal.complete),
        events=events,
        outcome=outcome,
        why=why,
        until_s=until_s,
        run=str(header.get("run", "")),
        binding=str(header.get("binding", "")),
        lab=str(header.get("lab", "")),
        again=str(header.get("again", "")),
        kill_switch=_last(events, "kill_switch").get("command", ""),
        lost={name: count for name, count in lost.items() if count},
    )


def _end(events: list[Event], journal: Journal) -> tuple[str, str]:
    """Return outcome and reason. A journal of a mere load has no run's end, but is complete."""
    ended = _last(events, "run_end")
    if not ended:
        broken_off = "the journal breaks off: the runner was killed, or it is still at work"
        return ("ran", "") if journal.complete else (UNFINISHED, broken_off)
    stopped = _last(events, "stopped")
    return str(ended.get("outcome", UNFINISHED)), str(ended.get("why") or stopped.get("why", ""))


def _last(events: list[Event], kind: str) -> dict[str, Any]:
    return next((event.detail for event in reversed(events) if event.kind == kind), {})


def _ledger_header(folder: Path) -> dict[str, Any]:
    told, _ = whole_lines(folder / "ledger.jsonl")
    return told[0] if told and isinstance(told[0], dict) else {}
