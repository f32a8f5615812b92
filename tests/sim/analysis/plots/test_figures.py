"""What the pictures show, read off their axes."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sim.analysis.plots import latency_figure, objectives_figure, plot_comparison, plot_simulation, timeline_figure
from sim.analysis.plots.latency import slower_share
from sim.analysis.plots.scales import nines, spaced, value_axis
from sim.analysis.plots.style import Picture, line_style
from sim.analysis.plots.traffic import coarser, fault_share, mean_rates, traffic_figure
from sim.analysis.replication import LATENCY_EDGES_S
from sim.record import Journal

PNG = b"\x89PNG\r\n\x1a\n"


def test_no_two_of_many_lines_look_alike() -> None:
    """Colour and dashes together tell 28 lines apart."""
    styles = [tuple(line_style(index).values()) for index in range(28)]
    assert len(dict.fromkeys(styles)) == 28


@pytest.mark.parametrize(("share", "place"), [(0.0, 0.0), (0.9, 1.0), (0.999, 3.0), (1.0, 6.0)])
def test_each_nine_is_one_step(share: float, place: float) -> None:
    """99.9 % is as far from 99 % as 99 % is from 90 %; 1 has a place at the end."""
    assert nines(share) == pytest.approx(place)


def test_the_bound_of_three_nines_stands_apart_from_all_calls(made_comparison: Any) -> None:
    """In the panel of a share near 1 the bound is drawn at its nines, and the axis says 99.9 %."""
    panel = objectives_figure(made_comparison).axes[0]
    bound = next(line for line in panel.get_lines() if len(set(line.get_xdata())) == 1 and len(line.get_ydata()) == 2)
    assert bound.get_xdata()[0] == pytest.approx(3.0)
    assert "99.9 %" in [label.get_text() for label in panel.get_xticklabels()]
    assert [label.get_text() for label in panel.get_yticklabels()] == [r.option for r in made_comparison.results]


def test_every_option_has_a_mark_in_every_panel(made_comparison: Any) -> None:
    """One mark an option and objective, or the word never."""
    for panel in objectives_figure(made_comparison).axes:
        marks = [line for line in panel.get_lines() if line.get_marker() not in {"None", ""}]
        never = [text for text in panel.texts if text.get_text().startswith("never")]
        assert len(marks) + len(never) == len(made_comparison.results)


def test_the_slower_share_falls_from_one_to_nothing(made_comparison: Any) -> None:
    """It is 1 at the shortest duration, 0 at the longest, and never rises; half of the calls take longer than p50."""
    result = made_comparison.results[0]
    share = slower_share(result, "client/bootstrapper")
    assert (share[0], share[-1]) == (1.0, pytest.approx(0.0))
    assert np.all(np.diff(share) <= 1e-12)
    median_s = 0.04 * (1 + 3 * 0.55)
    assert np.interp(np.log(median_s), np.log(LATENCY_EDGES_S), share) == pytest.approx(0.5, abs=0.02)


def test_latency_is_shown_down_to_one_in_a_thousand(made_comparison: Any) -> None:
    """Both axes are logarithmic, and p99.9 lies inside."""
    (axes,) = latency_figure(made_comparison.results, "client/bootstrapper").axes
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert axes.get_ylim()[0] < 0.001
    assert axes.get_ylabel() == "share of good calls that took longer"


def test_the_shade_is_the_share_of_runs_with_a_fault(made_comparison: Any) -> None:
    """Where all runs have the fault the shade is 1, where none has it 0, and between that a share."""
    result = made_comparison.results[1]
    edges_s = result.replications[0].edges_s
    share = fault_share(result.replications, edges_s)
    assert (share[0], share[-1]) == (1.0, 0.0)
    assert share.sum() * np.diff(edges_s)[0] == pytest.approx(np.mean([r.faults[0].end_s for r in result.replications]))


@pytest.mark.parametrize("most", [144, 60, 7, 1])
def test_rates_of_all_outcomes_add_up_to_what_was_offered(made_comparison: Any, most: int) -> None:
    """However coarse the bins: ok, failed and unknown calls are all the calls that were started."""
    replications = made_comparison.results[0].replications
    edges_s, rates = mean_rates(replications, "client/bootstrapper", most)
    offered = np.mean([r.series["client/bootstrapper"].offered.sum() for r in replications])
    assert len(edges_s) <= most + 1
    assert sum(np.sum(rate * np.diff(edges_s)) for rate in rates.values()) == pytest.approx(offered)


def test_coarser_bins_keep_both_ends() -> None:
    """Bins are joined in equal groups; what is left over makes a shorter last one."""
    assert coarser(np.arange(11.0), 4).tolist() == [0, 3, 6, 9, 10]
    assert coarser(np.arange(11.0), 100).tolist() == list(range(11))


def test_a_run_s_timeline_has_a_lane_for_each_fault_node_and_pod(made_journal: Journal) -> None:
    """Lanes are named on the left; a long run has a closer look at its first fault beside it."""
    whole, closer = timeline_figure(made_journal).axes
    names = [label.get_text() for label in whole.get_yticklabels()]
    assert names[:5] == ["fault styx-kubelet", "fault route-flap", "tethys", "styx", "calypso"]
    assert len(names) == 5 + 32
    assert (whole.get_xlabel(), closer.get_xlabel()) == (
        "time since the plan began [h]",
        "time since the plan began [min]",
    )


def test_all_pictures_of_a_comparison_are_written(made_comparison: Any, tmp_path: Path) -> None:
    """One picture of the objectives, two of each client that an objective is about; all are PNG, 900 pixels wide."""
    paths = plot_comparison(made_comparison, tmp_path / "new")
    assert [path.name for path in paths] == ["objectives.png", "traffic-bootstrapper.png", "latency-bootstrapper.png"]
    for path in paths:
        head = path.read_bytes()[:24]
        assert head.startswith(PNG)
        assert int.from_bytes(head[16:20], "big") == 900


def test_a_simulation_s_pictures_have_the_timeline_of_the_given_run(
    made_comparison: Any, made_journal: Journal, tmp_path: Path
) -> None:
    """With a journal there is a timeline too."""
    simulation: Any = SimpleNamespace(result=made_comparison.results[0])
    paths = plot_simulation(simulation, tmp_path, made_journal)
    assert [path.name for path in paths] == ["traffic-bootstrapper.png", "latency-bootstrapper.png", "timeline.png"]


def test_a_picture_shows_itself_in_a_notebook(made_comparison: Any) -> None:
    """A figure is rich display by itself, without a window system."""
    assert objectives_figure(made_comparison)._repr_png_().startswith(PNG)


def test_an_option_without_the_client_has_an_empty_panel(made_comparison: Any) -> None:
    """An option may leave a client out: no calls at any time, and no line of durations."""
    result = made_comparison.results[0]
    assert not any(rate.any() for rate in mean_rates(result.replications, "client/other", 10)[1].values())
    assert np.all(np.isnan(slower_share(result, "client/other")))
    assert latency_figure([result], "client/other").axes[0].get_legend_handles_labels()[1] == []


def test_options_whose_calls_took_equally_long_share_a_line(made_comparison: Any) -> None:
    """One line has the names of all options that it stands for."""
    first, second = made_comparison.results[:2]
    (axes,) = latency_figure([first, second, replace(first, option="twin")], "client/bootstrapper").axes
    assert axes.get_legend_handles_labels()[1] == ["as-audited\ntwin", "p0"]


def test_a_bound_of_seconds_is_visible_beside_days() -> None:
    """Where values span orders of magnitude the axis is logarithmic, with marks that people know."""
    axes = Picture(2.0).subplots()
    place = value_axis(axes, "s", [0.0, 250_000.0], 5.0)
    assert place(5.0) == 5.0
    assert axes.get_xscale() == "symlog"
    format_tick = axes.xaxis.get_major_formatter()
    assert [format_tick(tick) for tick in axes.get_xticks()] == ["0s", "1m", "1h", "1d"]


@pytest.mark.parametrize(
    ("shares", "labels"),
    [
        ([0.4, 0.9995], ["0 %", "90 %", "99 %", "99.9 %", "100 %"]),
        ([0.4, 0.9999999], ["90 %", "99.9 %", "100 %"]),
    ],
)
def test_nines_have_at_most_five_labels_and_the_bound_has_one(shares: list[float], labels: list[str]) -> None:
    """Labels never run into each other, and that of the bound is among them."""
    axes = Picture(2.0).subplots()
    value_axis(axes, "share", shares, 0.999)
    assert [label.get_text() for label in axes.get_xticklabels()] == labels


@pytest.mark.parametrize(
    ("unit", "values", "bound"),
    [("share", [0.995, 1.0], 0.99999), ("count", [0.0, 1e6], 3.0), ("1/s", [0.001, 1e6], 0.1), ("s", [0.0, 3e7], 5.0)],
)
def test_labels_do_not_touch(unit: str, values: list[float], bound: float) -> None:
    """Where there is no room for every label some are left out, the last one never."""
    figure = Picture(2.0)
    axes = figure.subplots(1, 3)[0]
    value_axis(axes, unit, values, bound)
    figure.draw_without_rendering()
    last, limits = axes.get_xticks()[-1], axes.get_xlim()
    spaced(axes)
    figure.draw_without_rendering()
    boxes = [label.get_window_extent() for label in axes.get_xticklabels()]
    boxes = sorted((box.x0, box.x1) for box in boxes)
    assert all(left[1] < right[0] for left, right in itertools.pairwise(boxes))
    assert axes.get_xlim() == limits
    assert last in axes.get_xticks() or last > limits[1]


@pytest.mark.parametrize("others_s", [(240.0, 31.0), (4.0, 4.5)])
def test_what_never_came_stands_beside_the_bound_not_on_it(made_comparison: Any, others_s: Any) -> None:
    """The word never has room of its own at the right end, on a linear axis as on a logarithmic one."""
    found = itertools.cycle(others_s)
    made_comparison.verdicts = tuple(
        replace(v, value=(s := next(found)), ci_low=s, ci_high=s)
        if v.objective == "recovers" and np.isfinite(v.value)
        else v
        for v in made_comparison.verdicts
    )
    figure = objectives_figure(made_comparison)
    figure.draw_without_rendering()
    panel = figure.axes[1]
    words = [text.get_window_extent() for text in panel.texts]
    bound_px = panel.transData.transform((5.0, 0.0))[0]
    marks = [panel.transData.transform((s, 0.0))[0] for s in (*others_s, 5.0)]
    assert words
    assert all(panel.get_window_extent().x0 <= mark < words[0].x0 for mark in marks)
    assert all(box.x0 > bound_px and box.x1 <= panel.get_window_extent().x1 + 1 for box in words)


def test_options_with_the_same_traffic_share_a_panel(made_comparison: Any) -> None:
    """A panel has the names of all options that it stands for."""
    first, second = made_comparison.results[:2]
    figure = traffic_figure([first, second, replace(first, option="twin")], "client/bootstrapper")
    titles = [panel.get_title(loc="left") for panel in figure.axes if panel.get_visible()]
    assert titles == ["as-audited, twin", "p0"]
