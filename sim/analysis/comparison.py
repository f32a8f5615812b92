"""The results that people hold in their hands: one option simulated, or many compared."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.analysis.answers import Cause, Difference, Ranking, SummaryRow, Verdict
from sim.analysis.causes import causes_of
from sim.analysis.differences import differences, ranking
from sim.analysis.estimate import summary_rows
from sim.analysis.html import comparison_html, simulation_html
from sim.analysis.reading import counted
from sim.analysis.replication import Replication
from sim.analysis.steps import step_differences
from sim.analysis.verdicts import verdict_of
from sim.spec.probes import Probe

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    from matplotlib.figure import Figure

__all__ = [
    "Cause",
    "Comparison",
    "Difference",
    "OptionResult",
    "Ranking",
    "Simulation",
    "SummaryRow",
    "Verdict",
    "as_json",
]


@dataclass(frozen=True)
class OptionResult:
    """An option and its replications, sorted by seed."""

    option: str
    why: str
    replications: tuple[Replication, ...]

    @property
    def seeds(self) -> tuple[int, ...]:
        """Return the seeds of the finished replications."""
        return tuple(replication.seed for replication in self.replications)


@dataclass(frozen=True, repr=False)
class _Results:
    """What a simulation and a comparison share: answers about one or more options, worked out when first asked for."""

    scenario: str
    why: str
    results: tuple[OptionResult, ...]
    objectives: dict[str, Probe]
    steady: dict[str, Probe] = field(default_factory=dict)
    not_modelled: dict[str, str] = field(default_factory=dict)
    assumptions: dict[str, str] = field(default_factory=dict)
    interrupted: bool = False
    note: str = ""  # how the number of replications came about
    level: float = 0.95  # of the intervals; higher where a rule that stopped early looked at them more than once

    @cached_property
    def rows(self) -> tuple[SummaryRow, ...]:
        """Return one summary row per (option, phase, subject, metric)."""
        return tuple(row for result in self.results for row in summary_rows(result.replications, self.level))

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Return one verdict per (option, objective)."""
        return tuple(
            verdict_of(result.option, name, probe, result.replications, self.level)
            for result in self.results
            for name, probe in self.objectives.items()
        )

    @cached_property
    def causes(self) -> tuple[Cause, ...]:
        """Return what broke the objectives that were broken in any replication, the greatest share first."""
        options = {result.option: result.replications for result in self.results}
        return tuple(
            cause
            for verdict in self.verdicts
            for cause in causes_of(verdict, self.objectives[verdict.objective], options[verdict.option])
        )

    def to_polars(self) -> pl.DataFrame:
        """Return the summary rows as a table."""
        import polars as pl

        return pl.DataFrame([asdict(row) for row in self.rows])

    def to_pandas(self) -> pd.DataFrame:
        """Return the summary rows as a table. Needs pandas (`pip install weatherglass[notebook]`)."""
        import pandas as pd

        return pd.DataFrame([asdict(row) for row in self.rows])

    def to_json(self) -> str:
        """Return the summary rows as a JSON list; what JSON has no word for (never, no interval) is null."""
        return as_json([asdict(row) for row in self.rows])

    def answers(self) -> dict[str, list[dict[str, Any]]]:
        """Return every table of answers as plain rows."""
        tables: dict[str, Sequence[Any]] = {"rows": self.rows, "verdicts": self.verdicts, "causes": self.causes}
        return {name: [asdict(row) for row in table] for name, table in tables.items()}

    def save(self, directory: Path | str) -> Path:
        """Write one JSON file per table of answers into a directory, which is made if missing; return it."""
        directory = Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        for name, table in self.answers().items():
            (directory / f"{name}.json").write_text(as_json(table) + "\n", encoding="utf-8")
        return directory


@dataclass(frozen=True, repr=False)
class Simulation(_Results):
    """One option, simulated."""

    @property
    def result(self) -> OptionResult:
        """Return the option's replications."""
        return self.results[0]

    def plot(self, client: str | None = None) -> Figure:
        """Return the picture of a client's calls over time (`client/NAME`; default: the first one)."""
        from sim.analysis.plots import traffic_figure

        return traffic_figure(self.results, client or next(iter(self.result.replications[0].series)))

    def __repr__(self) -> str:
        return f"<Simulation of {self.scenario}/{self.result.option}: {_told(self)}>"

    def _repr_html_(self) -> str:
        return simulation_html(self)


@dataclass(frozen=True, repr=False)
class Comparison(_Results):
    """Options compared over the same seeds; differences are against the first option, steps against what is built on.

    `builds_on`: pairs of an option and one that it extends (see `sim.analysis.steps`).

    `not_modelled`: options that were only listed, and why. `interrupted`: stopped before all replications were done;
    what is here is whole: each option has the same seeds.
    """

    builds_on: tuple[tuple[str, str], ...] = ()

    @cached_property
    def steps(self) -> tuple[Difference, ...]:
        """Return each option against what it builds on, objective by objective: what that remedy buys by itself."""
        return tuple(
            row
            for name, probe in self.objectives.items()
            for row in step_differences(self.builds_on, self._options(), name, probe, self.level)
        )

    @cached_property
    def differences(self) -> tuple[Difference, ...]:
        """Return each option against the first one, objective by objective."""
        first = self.results[0].option
        return tuple(
            row
            for name, probe in self.objectives.items()
            for row in differences(self._options(), name, probe, first, self.level)
        )

    @cached_property
    def rankings(self) -> tuple[Ranking, ...]:
        """Return, objective by objective, which option is best, or within δ of the best."""
        if len(self.results) < 2:
            return ()
        return tuple(ranking(self._options(), name, probe, self.level) for name, probe in self.objectives.items())

    def _options(self) -> dict[str, tuple[Replication, ...]]:
        return {result.option: result.replications for result in self.results}

    def answers(self) -> dict[str, list[dict[str, Any]]]:
        """Return every table of answers as plain rows."""
        more: dict[str, Sequence[Any]] = {
            "differences": self.differences,
            "steps": self.steps,
            "rankings": self.rankings,
        }
        return super().answers() | {name: [asdict(row) for row in table] for name, table in more.items()}

    def plot(self) -> Figure:
        """Return the picture of options against objectives."""
        from sim.analysis.plots import objectives_figure

        return objectives_figure(self)

    def __repr__(self) -> str:
        return f"<Comparison of {counted(len(self.results), 'option')} of {self.scenario}: {_told(self)}>"

    def _repr_html_(self) -> str:
        return comparison_html(self)


def _told(results: _Results) -> str:
    runs = counted(len(results.results[0].replications) if results.results else 0, "replication")
    counts = [f"{sum(v.verdict == word for v in results.verdicts)} {word}" for word in ("held", "broken", "undecided")]
    stopped = ", stopped early" if results.interrupted else ""
    return f"{runs}{stopped}; objectives {', '.join(counts)}"


def as_json(rows: list[dict[str, Any]]) -> str:
    """Return rows as a JSON list; what JSON has no word for (never, no interval) is null."""
    return json.dumps([{name: _plain(value) for name, value in row.items()} for row in rows], allow_nan=False)


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
