"""Ranks with ties."""

from __future__ import annotations

from dataclasses import replace

import made_survey
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_survey import CALLERS

from sim.analysis.measures import MEASURES
from sim.analysis.ranks import Rank, Standing, ranks, standings

SUCCESS, P99, ATTEMPTS, RECOVERS = (
    next(m for m in MEASURES if m.metric == name)
    for name in ("call_ok_share", "call_p99_s", "attempts_per_call", "recovery_s")
)


def options(scenario, shares, count=10):
    """Return runs by option."""
    return {result.option: result.replications for result in made_survey.results(scenario, shares, count)}


def test_who_is_surely_worse_stands_behind_all_who_are_surely_better():
    """Two that differ by nothing share rank 1; the third has rank 3 and is the worst."""
    found = ranks("storm", options("storm", {"a": 0.9, "b": 0.9, "c": 0.2}), SUCCESS, CALLERS)
    assert found == (
        Rank("storm", "call_ok_share", "a", 1, True, False, ("b",)),
        Rank("storm", "call_ok_share", "b", 1, True, False, ("a",)),
        Rank("storm", "call_ok_share", "c", 3, False, True, ()),
    )


def test_where_nobody_differs_all_are_best_and_none_is_worst():
    """A tie of all is no reason to call anybody the last."""
    found = ranks("calm", options("calm", {"a": 1.0, "b": 1.0}), SUCCESS, CALLERS)
    assert [(rank.rank, rank.best, rank.worst) for rank in found] == [(1, True, False)] * 2


def test_less_is_better_where_less_is_better():
    """Of attempts and times the fewest win, of answered calls the most."""
    runs = options("storm", {"none": 0.9, "plain": 0.2})
    for measure in (SUCCESS, P99, ATTEMPTS):
        assert [rank.rank for rank in ranks("storm", runs, measure, CALLERS)] == [1, 2]


def test_never_is_worse_than_any_time():
    """Ten runs that never came back stand behind ten that did; two runs cannot tell."""
    assert [r.rank for r in ranks("s", options("storm", {"a": 0.9, "b": 0.2}), RECOVERS, CALLERS)] == [1, 2]
    assert [r.rank for r in ranks("s", options("storm", {"a": 0.9, "b": 0.2}, 2), RECOVERS, CALLERS)] == [1, 1]


def test_what_no_run_reads_is_not_ranked():
    """Without a fault there is nothing to recover from; one policy alone has nobody to stand behind."""
    assert ranks("calm", options("calm", {"a": 1.0, "b": 1.0}), RECOVERS, CALLERS) == ()
    assert ranks("storm", options("storm", {"a": 0.9}), SUCCESS, CALLERS) == ()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from([0.2, 0.6, 0.601, 0.9]), min_size=2, max_size=5))
def test_ranks_agree_with_each_other(shares):
    """Somebody is best; nobody is both; a rank is one more than how many stand surely before; ties are mutual."""
    found = {
        r.option: r for r in ranks("s", options("storm", {f"o{n}": s for n, s in enumerate(shares)}), SUCCESS, CALLERS)
    }
    assert any(rank.best for rank in found.values())
    for rank in found.values():
        assert not (rank.best and rank.worst)
        assert rank.best == (rank.rank == 1)
        assert 1 <= rank.rank <= len(shares) - len(rank.ties)
        assert all(rank.option in found[other].ties for other in rank.ties)


def test_the_order_of_options_changes_no_rank():
    """Whoever is named first is not better for it."""
    shares = {"a": 0.9, "b": 0.2, "c": 0.6}
    there, back = (
        {rank.option: replace(rank, ties=()) for rank in ranks("s", options("storm", dict(order)), SUCCESS, CALLERS)}
        for order in (shares.items(), reversed(shares.items()))
    )
    assert there == back


def test_standings_count_and_do_not_score():
    """Best and worst are counted by metric and option over the scenarios that rank them."""
    found = made_survey.survey().ranks
    rows = {(row.metric, row.option): row for row in standings(found)}
    assert rows["call_ok_share", "plain"] == Standing("call_ok_share", "plain", 1, 1, 2)
    assert rows["call_ok_share", "none"] == Standing("call_ok_share", "none", 2, 0, 2)
    assert rows["recovery_s", "none"].of == 1
    assert sum(row.of for row in rows.values()) == len(found)


@pytest.mark.parametrize("count", [1, 2])
def test_so_few_runs_tell_nobody_apart(count):
    """One run has no scatter, so nothing is sure."""
    found = ranks("storm", options("storm", {"a": 0.9, "b": 0.8}, count), P99, CALLERS)
    assert {rank.rank for rank in found} == {1}
