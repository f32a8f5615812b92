"""Comparisons: estimates, verdicts, differences, rankings, causes, and how they are handed over."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from sim.analysis.comparison import Comparison, OptionResult, Simulation
from sim.analysis.reduce import reduce
from sim.analysis.replication import Reading, Replication
from sim.spec.probes import Probe

ANSWERS = Probe(of="client/web", metric="call_ok_share", at_least=0.99)
RECOVERS = Probe(of="client/web", metric="recovery_s", at_most=5.0)
QUICK = Probe(of="client/web", metric="call_p99_s", at_most=1.0)
COLLAPSE = Probe(of="client/web", metric="collapsed_share", at_most=0.1)
BUDGET = Probe(of="client/web", metric="budget_spent_share", at_most=1.0)


@pytest.fixture
def blank(made) -> Replication:
    """Return a replication that reads nothing."""
    return reduce(made(objectives={}, steady={}))


@pytest.fixture
def compared(blank) -> Callable[..., Comparison]:
    """Return a function (probe, option=readings, …) that makes a comparison about one objective, `it`.

    A reading is a number, or (good, all) calls.
    """

    def one(option: str, seed: int, probe: Probe, read: float | tuple[float, float]) -> Replication:
        pair = read if isinstance(read, tuple) else None
        share = read if pair is None else pair[0] / pair[1]
        value = (1 - share) / 0.01 if probe.metric == "budget_spent_share" else share
        reading = Reading(value, broken=not (math.isnan(value) or probe.holds(value)), pair=pair)
        return replace(
            blank, option=option, seed=seed, readings={"objectives.it": reading}, blames={}, allowed={probe.of: 0.01}
        )

    def build(probe: Probe, **options: list[float] | list[tuple[float, float]]) -> Comparison:
        results = tuple(
            OptionResult(name, "", tuple(one(name, seed, probe, read) for seed, read in enumerate(reads)))
            for name, reads in options.items()
        )
        return Comparison("made", "why", results, {"it": probe})

    return build


def _shares(*failing: int, calls: int = 1000) -> list[tuple[float, float]]:
    return [(float(calls - count), float(calls)) for count in failing]


@pytest.mark.parametrize(
    ("probe", "reads", "word"),
    [
        (ANSWERS, _shares(*[1, 2] * 10), "held"),
        (ANSWERS, _shares(*[30, 32, 31] * 5), "broken"),
        (ANSWERS, _shares(*[5, 16] * 5), "undecided"),
        (ANSWERS, _shares(12), "broken"),
        (ANSWERS, _shares(2), "held"),
        (QUICK, [0.5, 0.6, 0.55], "held"),
        (QUICK, [0.5, 1.6, 0.9], "undecided"),
        (RECOVERS, [0.0] * 10, "held"),
        (RECOVERS, [2.0] * 5 + [math.inf] * 5, "broken"),
        (RECOVERS, [2.0] * 29 + [math.inf], "undecided"),
        (COLLAPSE, [0.0] * 40, "held"),
        (COLLAPSE, [0.0] * 10, "undecided"),
        (BUDGET, _shares(*[1, 2] * 10), "held"),
        (ANSWERS, [math.nan] * 3, "undecided"),
    ],
)
def test_the_interval_decides(compared, probe, reads, word):
    """Wholly within the bound: held; wholly beyond: broken; else undecided. What never came cannot be held."""
    assert [verdict.verdict for verdict in compared(probe, base=reads).verdicts] == [word]


def test_a_verdict_says_how_many_runs_broke_it(compared):
    """The share of runs beside the interval, and in words."""
    verdict = compared(RECOVERS, base=[2.0] * 5 + [math.inf] * 3 + [9.0] * 2).verdicts[0]
    assert verdict.broken_share == 0.5
    assert verdict.why == "never in 3 of 10 runs; broken in 5 of 10 runs"
    assert verdict.bound == "≤ 5s"


def test_nothing_to_read_is_said(compared):
    """An objective that no call was about is neither held nor broken."""
    assert compared(ANSWERS, base=[math.nan] * 3).verdicts[0].why.startswith("nothing to read")


def test_differences_are_paired_by_seed(compared):
    """Options that share their luck differ by a constant, however much the runs scatter."""
    luck = [100, 10, 300, 50, 77, 20, 160, 90, 240, 33]
    comparison = compared(ANSWERS, base=_shares(*luck), better=_shares(*(count - 8 for count in luck)))
    (found,) = comparison.differences
    assert (found.option, found.against, found.tie) == ("better", "base", False)
    assert (found.value, found.ci_low, found.ci_high) == tuple([pytest.approx(0.008)] * 3)


def test_only_common_seeds_are_paired(compared):
    """A run without its twin says nothing about the difference."""
    comparison = compared(QUICK, base=[1.0, 2.0, 3.0, 9.0], better=[0.5, 1.4, 2.6])
    assert comparison.differences[0].n == 3
    assert comparison.differences[0].value == pytest.approx(-0.5)


def test_equal_options_tie(compared):
    """The same readings are a tie, and the ranking says equally good."""
    comparison = compared(ANSWERS, base=_shares(3, 0, 1), same=_shares(3, 0, 1))
    assert comparison.differences[0].tie
    assert comparison.rankings[0].tied == ("same",)
    assert comparison.rankings[0].text == "base, and equally good: same"


def test_two_options_that_never_recover_do_not_differ(compared):
    """Never minus never is nothing; never minus something is never."""
    never = [math.inf] * 8
    comparison = compared(RECOVERS, base=never, same=never, better=[2.0] * 8)
    values = {found.option: (found.value, found.tie) for found in comparison.differences}
    assert values == {"same": (0.0, True), "better": (-math.inf, False)}


def test_the_best_is_named_with_its_margin(compared):
    """Clearly the best: no margin. Two that are close: within δ of the best."""
    clear = compared(QUICK, a=[3.0, 3.1, 2.9, 3.0], b=[1.0, 1.1, 0.9, 1.05], c=[2.0, 2.2, 1.9, 2.0]).rankings[0]
    assert (clear.best, clear.delta, clear.tied, clear.order) == ("b", 0.0, (), ("b", "c", "a"))
    close = compared(QUICK, a=[1.0, 1.3, 0.9, 1.0], b=[1.1, 1.1, 1.0, 1.02], c=[9.0, 9.2, 9.1, 9.0]).rankings[0]
    assert (close.best, close.tied) == ("a", ("b",))
    assert 0 < close.delta < 0.5
    assert "within" in close.text


def test_one_run_ranks_nothing_surely(compared):
    """With one replication there is an order, and it says that it means little."""
    ranking = compared(QUICK, a=[3.0], b=[1.0]).rankings[0]
    assert (ranking.best, ranking.order) == ("b", ("b", "a"))
    assert math.isnan(ranking.delta)
    assert "too few runs" in ranking.text


def _draws(draws: np.random.Generator, truths: list[float]) -> dict[str, list[float]]:
    common = draws.normal(0, 1, 15)
    return {f"o{i}": (truth + common + draws.normal(0, 0.3, 15)).tolist() for i, truth in enumerate(truths)}


def test_differences_hold_for_all_options_at_once(compared):
    """In at least 93 of 100 comparisons every one of the five intervals holds its true difference."""
    draws, truths = np.random.default_rng(3), [10.0, 10.1, 9.9, 10.0, 10.5, 9.0]
    good = 0
    for _ in range(200):
        found = compared(QUICK, **_draws(draws, truths)).differences
        good += all(d.ci_low <= truths[int(d.option[1:])] - truths[0] <= d.ci_high for d in found)
    assert good / 200 >= 0.93


def test_the_best_is_within_its_margin(compared):
    """In at least 93 of 100 comparisons of close options the named one is within δ of the true best."""
    draws, truths = np.random.default_rng(4), [10.0, 10.05, 9.95, 10.0, 9.97]
    good = 0
    for _ in range(200):
        ranking = compared(QUICK, **_draws(draws, truths)).rankings[0]
        good += truths[int(ranking.best[1:])] - min(truths) <= ranking.delta
    assert good / 200 >= 0.93


@pytest.fixture
def broken(made, fault) -> Comparison:
    """Return a comparison of real reductions: during the fault every second call fails."""
    probes = {
        "answers": {"of": "client/web", "metric": "call_ok_share", "at_least": 0.99},
        "recovers": {"of": "client/web", "metric": "recovery_s", "at_most": 1.0},
    }

    def run(option: str, seed: int, last_s: int) -> Replication:
        calls = [(t, 0.5, "unknown" if t % 2 and 10 <= t < last_s else "ok") for t in range(100)]
        journal = made(calls, fault(10.0, 20.0), seed=seed, objectives=probes)
        return replace(reduce(journal), option=option)

    objectives = {name: Probe.model_validate(value) for name, value in probes.items()}
    results = tuple(
        OptionResult(name, "", tuple(run(name, seed, last_s) for seed in range(3)))
        for name, last_s in (("base", 24), ("fixed", 0))
    )
    return Comparison("made", "why", results, objectives)


def test_what_broke_is_named(broken):
    """Fault, mechanism, how much and how long, for the broken objectives of the option that broke them."""
    assert [(c.option, c.objective, c.fault, c.mechanism, c.calls, round(c.share, 3)) for c in broken.causes] == [
        ("base", "answers", "cut", "timeout", 5.0, 0.714),
        ("base", "answers", "", "timeout", 2.0, 0.286),
        ("base", "recovers", "cut", "timeout", 2.0, 1.0),
    ]
    assert broken.causes[0].text == (
        "71 % of the bad calls (5 a run) ended in timeout while cut was on; the longest stretch lasted 500ms"
    )


def test_rows_are_tidy(broken):
    """One row per option, phase, subject and metric; every table has the same rows."""
    keys = [(row.option, row.phase, row.subject, row.metric) for row in broken.rows]
    assert len(set(keys)) == len(keys)
    assert broken.to_polars().height == broken.to_pandas().shape[0] == len(json.loads(broken.to_json())) == len(keys)


def test_saved_answers_are_json(broken, tmp_path):
    """Each table of answers is a file, without a word that JSON does not know."""
    folder = broken.save(tmp_path / "answers")
    names = sorted(path.name for path in folder.iterdir())
    assert names == [f"{table}.json" for table in ("causes", "differences", "rankings", "rows", "steps", "verdicts")]
    assert json.loads((folder / "verdicts.json").read_text())[0]["verdict"] == "broken"


def test_results_say_what_they_are_in_one_line(broken):
    """Name, size, and how the objectives stand."""
    assert repr(broken) == "<Comparison of 2 options of made: 3 replications; objectives 1 held, 2 broken, 1 undecided>"
    one = Simulation("made", "why", broken.results[:1], broken.objectives)
    assert repr(one) == "<Simulation of made/base: 3 replications; objectives 0 held, 2 broken, 0 undecided>"
    assert "made" in broken._repr_html_()
    assert "base" in one._repr_html_()
