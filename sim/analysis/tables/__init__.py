"""Results as tables for a terminal, a pipe or a notebook's cell: at most 100 columns, colour never without a word."""

from __future__ import annotations

from sim.analysis.tables.comparison import print_comparison
from sim.analysis.tables.console import result_console
from sim.analysis.tables.simulation import print_simulation
from sim.analysis.tables.survey import print_survey

__all__ = ["print_comparison", "print_simulation", "print_survey", "result_console"]
