"""One run as people hold it: its journal, which can be shown, drawn, told and kept."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sim.analysis.comparison import OptionResult, Simulation
from sim.analysis.reduce import reduce
from sim.record import Journal, Recorder
from sim.spec.probes import Probe

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["RunResult"]


class RunResult(Journal):
    """A journal (`.calls, .attempts, .events, .samples, .totals, .info`) with what a notebook wants of it."""

    @classmethod
    def of(cls, journal: Journal) -> RunResult:
        """Return a journal as a result; the rows are shared, not copied."""
        return cls(journal.info, journal._kept, journal.totals, complete=journal.complete)

    @cached_property
    def summary(self) -> Simulation:
        """Return what the run read: rows, verdicts, causes. One run alone has no intervals."""
        info = self.info
        return Simulation(
            scenario=info.scenario,
            why=info.why,
            results=(OptionResult(info.option, "", (reduce(self),)),),
            objectives={name: Probe.model_validate(probe) for name, probe in info.objectives.items()},
            steady={name: Probe.model_validate(probe) for name, probe in info.steady.items()},
        )

    def explain(self, subject: str) -> str:
        """Return the story of `client#number`, `pod/NAME` or `node/NAME`; UsageError if the run knows no such thing."""
        from sim.analysis.explain import explain

        return explain(self, subject)

    def to_pandas(self) -> dict[str, pd.DataFrame]:
        """Return the tables `calls, attempts, events, samples`. Needs pandas (`pip install weatherglass[notebook]`)."""
        return {name: table.to_pandas() for name, table in self.to_polars().items()}

    def plot(self) -> Figure:
        """Return the picture of the run's faults, nodes and pods over time."""
        from sim.analysis.plots import timeline_figure

        return timeline_figure(self)

    def save(self, directory: Path | str) -> Path:
        """Write the journal into a new directory and return it (`Journal.read` reads it). RunError if one is there."""
        directory = Path(directory)
        recorder = Recorder(self.info, trace=len(self.attempts) > 0, out=directory)
        for take, rows in ((recorder.call, self.calls), (recorder.attempt, self.attempts)):
            for row in rows.tolist():
                take(row)
        for event in self.events:
            recorder.event(*event)
        for sample in self.samples:
            recorder.sample(*sample)
        for subject, totals in self.totals.items():
            for metric, value in totals.items():
                recorder.total(subject, metric, value)
        recorder.finish()
        return directory

    def _repr_html_(self) -> str:
        from sim.analysis.html import simulation_html

        return simulation_html(self.summary)
