"""What a comparison of policies found: one comparison an adversity, ranks with ties, and who is best or worst where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sim.analysis.answers import SummaryRow
from sim.analysis.comparison import Comparison, as_json
from sim.analysis.html import survey_html
from sim.analysis.measures import RANKED, Measure, nominal_per_s
from sim.analysis.ranks import Rank, Standing, ranks, standings
from sim.analysis.reading import counted

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    from matplotlib.figure import Figure

__all__ = ["Compared", "Survey"]


class Compared(NamedTuple):
    """A policy of a survey: the name of its option, what it does in words, and where its numbers come from."""

    option: str
    words: str
    source: str = ""  # none for a policy of the scenario's own


@dataclass(frozen=True, repr=False)
class Survey:
    """Policies under adversities. `callers`: whom it is about, `client/NAME` or `cluster`.

    `asked`: the scenarios that were asked for; `comparisons` holds those of which a replication was whole, when
    somebody stopped it.
    """

    comparisons: tuple[Comparison, ...]
    callers: str
    policies: tuple[Compared, ...]
    asked: tuple[str, ...]

    @property
    def interrupted(self) -> bool:
        """Whether somebody stopped it; what is here is whole."""
        return any(comparison.interrupted for comparison in self.comparisons)

    @property
    def scenarios(self) -> tuple[str, ...]:
        """Return the names of the adversities, or of the one scenario."""
        return tuple(comparison.scenario for comparison in self.comparisons)

    @cached_property
    def rows(self) -> tuple[SummaryRow, ...]:
        """Return one summary row per (scenario, option, phase, subject, metric)."""
        return tuple(row for comparison in self.comparisons for row in comparison.rows)

    @cached_property
    def ranks(self) -> tuple[Rank, ...]:
        """Return one rank per (scenario, metric of RANKED, option)."""
        return tuple(
            rank for comparison in self.comparisons for measure in RANKED for rank in self.ranked(comparison, measure)
        )

    @cached_property
    def standings(self) -> tuple[Standing, ...]:
        """Return in how many scenarios each option is best, and in how many worst, by each metric of RANKED."""
        return standings(self.ranks)

    def ranked(self, comparison: Comparison, measure: Measure) -> tuple[Rank, ...]:
        """Return the ranks of one scenario by one measure."""
        options = {result.option: result.replications for result in comparison.results}
        return ranks(comparison.scenario, options, measure, self.callers, comparison.level)

    def nominal_per_s(self, comparison: Comparison) -> float:
        """Return how many calls a second the callers start in a scenario: what loads are multiples of."""
        return nominal_per_s(comparison.results[0].replications, self.callers)

    def __getitem__(self, scenario: str) -> Comparison:
        """Return the comparison of a scenario; KeyError if there is none."""
        return {comparison.scenario: comparison for comparison in self.comparisons}[scenario]

    def to_polars(self) -> pl.DataFrame:
        """Return the summary rows as a table."""
        import polars as pl

        return pl.DataFrame([asdict(row) for row in self.rows])

    def to_pandas(self) -> pd.DataFrame:
        """Return the summary rows as a table. Needs pandas (`pip install weatherglass[notebook]`)."""
        import pandas as pd

        return pd.DataFrame([asdict(row) for row in self.rows])

    def to_json(self) -> str:
        """Return the summary rows as a JSON list, `scenario` naming the adversity."""
        return as_json([asdict(row) for row in self.rows])

    def answers(self) -> dict[str, list[dict[str, Any]]]:
        """Return every table of answers as plain rows."""
        tables: dict[str, Sequence[Any]] = {"rows": self.rows, "ranks": self.ranks, "standings": self.standings}
        return {name: [asdict(row) for row in table] for name, table in tables.items()}

    def save(self, directory: Path | str) -> Path:
        """Write one JSON file per table of answers into a directory, which is made if missing; return it."""
        directory = Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        for name, table in self.answers().items():
            (directory / f"{name}.json").write_text(as_json(table) + "\n", encoding="utf-8")
        return directory

    def plot(self, scenario: str | None = None) -> Figure:
        """Return the picture of goodput and load over time in one scenario (default: the first)."""
        from sim.analysis.plots import load_figure

        return load_figure(self.comparisons[0] if scenario is None else self[scenario], self.callers)

    def __repr__(self) -> str:
        policies = "1 policy" if len(self.policies) == 1 else f"{len(self.policies)} policies"
        stopped = ", stopped early" if self.interrupted else ""
        return f"<Survey of {policies} in {counted(len(self.comparisons), 'scenario')}{stopped}>"

    def _repr_html_(self) -> str:
        return survey_html(self)
