"""Goodput and load over time."""

from __future__ import annotations

import made_survey
import numpy as np
import pytest
from made_survey import CALLERS

from sim.analysis.plots.load import load_figure, load_panels, rates_of_runs


@pytest.mark.parametrize("callers", [CALLERS, "cluster"])
def test_rates_are_counts_over_seconds_run_by_run(callers):
    """Attempts three times the calls, answers a fifth of them; one row a run, one column a second."""
    runs = made_survey.results("storm", {"plain": 0.2}, 3)[0].replications
    edges_s, load = rates_of_runs(runs, callers, "attempts")
    _, good = rates_of_runs(runs, callers, "answered")
    assert (edges_s[0], edges_s[-1], load.shape) == (0.0, 120.0, (3, 120))
    assert np.allclose(load, 3 * 1000 / 120)
    assert np.allclose(good, 0.2 * 1000 / 120)


def test_fewer_bins_keep_the_rates():
    """Coarser bins count more and are longer."""
    runs = made_survey.results("storm", {"plain": 0.2}, 2)[0].replications
    edges_s, load = rates_of_runs(runs, CALLERS, "attempts", most_bins=12)
    assert load.shape == (2, len(edges_s) - 1) == (2, 12)
    assert np.allclose(load, 25.0)


def test_the_line_is_the_median_and_the_band_shows_who_was_lost():
    """Where six runs of ten are lost the line lies at nothing, and the band reaches up to the good ones."""
    runs = [
        made_survey.replication("storm", "plain", seed, 0.0 if seed < 6 else 1.0, lost=seed < 6) for seed in range(10)
    ]
    _, good = rates_of_runs(runs, CALLERS, "answered")
    low, median, high = np.quantile(good, [0.1, 0.5, 0.9], axis=0)
    assert (low.max(), median.max(), high.min()) == (0.0, 0.0, pytest.approx(1000 / 120))


@pytest.mark.parametrize("draw", [load_figure, load_panels])
def test_both_panels_have_a_line_a_policy_and_share_the_time(draw):
    """Goodput above, load below, in seconds, with the policies named once."""
    storm = made_survey.survey()["storm"]
    figure = draw(storm, CALLERS)
    upper, lower = figure.axes
    for axes in (upper, lower):
        assert [line.get_label() for line in axes.lines if not line.get_label().startswith("_")] == [
            "none", "plain", "budget",
        ]  # fmt: skip
        assert axes.get_xlim() == (0.0, 120.0)
    assert lower.get_xlabel() == "time since the plan began [s]"
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["none", "plain", "budget"]
