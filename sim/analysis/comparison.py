"""The results that people hold in their hands: one option simulated, or many compared."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.analysis.answers import Cause, Difference, Ranking, SummaryRow, Verdict
from sim.analysis.replication import Replication
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


@dataclass(frozen=True)
class Comparison:
    """Options compared over the same seeds. `not_modelled`: options that were only listed, and why.

    `interrupted`: stopped before all replications were done; what is here is whole (each option has the same seeds).
    """

    scenario: str
    why: str
    results: tuple[OptionResult, ...]
    objectives: dict[str, Probe]
    steady: dict[str, Probe] = field(default_factory=dict)
    not_modelled: dict[str, str] = field(default_factory=dict)
    assumptions: dict[str, str] = field(default_factory=dict)
    interrupted: bool = False
    note: str = ""  # how the number of replications came about
