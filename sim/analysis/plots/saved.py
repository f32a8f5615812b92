"""All the pictures of a result, as PNG files in a directory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from sim.analysis.plots.latency import latency_figure
from sim.analysis.plots.load import load_figure
from sim.analysis.plots.objectives import objectives_figure
from sim.analysis.plots.style import DPI
from sim.analysis.plots.timeline import timeline_figure
from sim.analysis.plots.traffic import traffic_figure

if TYPE_CHECKING:
    from sim.analysis.comparison import Comparison, OptionResult, Simulation
    from sim.analysis.survey import Survey
    from sim.record import Journal

__all__ = ["plot_comparison", "plot_simulation", "plot_survey", "watched_clients"]


def plot_comparison(comparison: Comparison, directory: Path) -> list[Path]:
    """Write objectives.png, and traffic-CLIENT.png and latency-CLIENT.png for each client that an objective is about.

    Returns the files in that order; makes the directory where it is missing.
    """
    figures: dict[str, Figure] = {}
    if comparison.objectives:
        figures["objectives"] = objectives_figure(comparison)
    figures |= _of_clients(comparison.results, watched_clients(comparison))
    return _save(figures, directory)


def plot_simulation(simulation: Simulation, directory: Path, journal: Journal | None = None) -> list[Path]:
    """Write traffic-CLIENT.png and latency-CLIENT.png for each client, and timeline.png of one run if it is given."""
    clients = list(simulation.result.replications[0].series)
    figures = _of_clients((simulation.result,), clients)
    if journal is not None:
        figures["timeline"] = timeline_figure(journal)
    return _save(figures, directory)


def plot_survey(survey: Survey, directory: Path) -> list[Path]:
    """Write load-ADVERSITY.png, goodput and load over time, for each adversity; return the files in that order."""
    figures: dict[str, Figure] = {
        f"load-{comparison.scenario}": load_figure(comparison, survey.callers) for comparison in survey.comparisons
    }
    return _save(figures, directory)


def watched_clients(comparison: Comparison) -> list[str]:
    """Return the clients that objectives are about, as `client/NAME`; all, if no objective is about one."""
    known = list(comparison.results[0].replications[0].series)
    watched = dict.fromkeys(probe.of for probe in comparison.objectives.values() if probe.of in known)
    return list(watched) or known


def _of_clients(results: Sequence[OptionResult], clients: Sequence[str]) -> dict[str, Figure]:
    figures: dict[str, Figure] = {}
    for client in clients:
        name = client.removeprefix("client/")
        figures[f"traffic-{name}"] = traffic_figure(results, client)
        figures[f"latency-{name}"] = latency_figure(results, client)
    return figures


def _save(figures: dict[str, Figure], directory: Path) -> list[Path]:
    directory.mkdir(parents=True, exist_ok=True)
    paths = [directory / f"{name}.png" for name in figures]
    for path, figure in zip(paths, figures.values(), strict=True):
        figure.savefig(path, dpi=DPI)
    return paths
