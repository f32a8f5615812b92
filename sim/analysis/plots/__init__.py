"""Pictures of results. Everything here loads matplotlib, so import it where a picture is wanted.

Colours can be told apart with every common kind of colour vision; axes carry units; 900 pixels wide.
"""

from __future__ import annotations

from sim.analysis.plots.latency import latency_figure
from sim.analysis.plots.load import load_figure
from sim.analysis.plots.objectives import objectives_figure
from sim.analysis.plots.saved import plot_comparison, plot_simulation, plot_survey
from sim.analysis.plots.timeline import timeline_figure
from sim.analysis.plots.traffic import traffic_figure

__all__ = [
    "latency_figure",
    "load_figure",
    "objectives_figure",
    "plot_comparison",
    "plot_simulation",
    "plot_survey",
    "timeline_figure",
    "traffic_figure",
]
