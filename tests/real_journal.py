"""Journals of real runs as the runner leaves them, made without a cluster."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sim.record import Recorder, RunInfo

__all__ = ["Made", "calm", "fault_events"]

STARTED = "2026-11-25T12:00:00+00:00"
OK_SHARE = {"of": "client/a", "metric": "call_ok_share", "at_least": 0.9}


def fault_events(name: str = "cut", planned_s: float = 10.0, for_s: float = 5.0, number: int = 0) -> list[Any]:
    """Return the events of one occurrence that went well, 20 ms late."""
    case = {"deed": f"latency on link {name}", "case": f"fault/{name}/{number}", "took_s": 0.01}
    subject, about = f"fault/{name}", {"kind": "latency", "target": name, "number": str(number)}
    ends_s = planned_s + for_s
    return [
        (planned_s, "fault_begin", subject, about, planned_s),
        (planned_s + 0.02, "injected", subject, case, planned_s),
        (ends_s + 0.01, "undone", subject, case),
        (ends_s + 0.02, "verified", subject, case | {"how": "read back"}),
        (ends_s + 0.03, "fault_end", subject, about),
    ]


@dataclass
class Made:
    """What stands in a journal; `write` makes its directory."""

    events: list[Any] = field(default_factory=list)
    good: int = 60
    bad: int = 0
    objectives: dict[str, Any] = field(default_factory=lambda: {"served": OK_SHARE})
    steady: dict[str, Any] = field(default_factory=lambda: {"well": OK_SHARE})
    faults: dict[str, Any] = field(default_factory=lambda: {"cut": {"kind": "latency"}})
    outcome: str | None = "ran"
    why: str = ""
    end_s: float = 60.0

    def write(self, folder: Path) -> Path:
        """Write the journal as a run leaves it; without an outcome as a kill leaves it. Return the folder."""
        info = RunInfo(
            "x", "does it hold?", "patient", 7, "real", 60.0, 5.0, ("a",), ("s",),
            self.objectives, self.steady, {"name": "x", "faults": self.faults}, {"weatherglass": "0.1.0"}, STARTED,
        )  # fmt: skip
        recorder = Recorder(info, out=folder)
        for number in range(self.good + self.bad):
            t_s = 60.0 * number / (self.good + self.bad)
            bad = number < self.bad
            recorder.call((t_s, 0.1, number, 0, 0, 1, int(bad), 4 if bad else 0, t_s, t_s))
        rest = [] if self.outcome is None else [self._end()]
        for event in sorted([*self.events, *rest], key=lambda event: event[0]):
            recorder.event(*event)
            if event[1].startswith("probe_"):
                recorder.sample(event[0], "probe", event[2], event[3].get("value", float("nan")))
        header = {"format": 1, "run": "wg-1", "scenario": "x", "option": "patient", "seed": 7, "binding": "lab.yaml"}
        (folder / "ledger.jsonl").write_text(json.dumps(header) + "\n", encoding="utf-8")
        if self.outcome is not None:
            recorder.finish()
        return folder

    def _end(self) -> tuple[Any, ...]:
        return (self.end_s, "run_end", "run", {"outcome": self.outcome, "why": self.why})


def calm(**changed: Any) -> Made:
    """Return a run in which everything held and one fault came and went; `events` come on top."""
    held = (-4.0, "probe_held", "probe/well", {"value": 1.0})
    switch = (-5.0, "kill_switch", "run", {"command": "kubectl delete lease x"})
    more = changed.pop("events", [])
    return Made(**{"events": [switch, held, *fault_events(), *more], **changed})
