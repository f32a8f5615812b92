"""The plan of one run."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from sim.plan import Plan, Stream, replication_seed


def test_a_stream_is_made_once_and_named():
    """The same name gives the same object, whose numbers are those of seed and name."""
    plan = Plan(SimpleNamespace(), "base", 5)
    stream = plan.stream("client/c/arrivals")
    assert plan.stream("client/c/arrivals") is stream
    assert stream.uniform(3) == Stream(5, "client/c/arrivals").uniform(3)


def test_options_of_one_replication_draw_alike():
    """The option's name is in no stream."""
    a, b = (Plan(SimpleNamespace(), option, 5) for option in ("a", "b"))
    assert a.stream("s").key == b.stream("s").key


def test_replications_count_from_the_seed():
    """Replication i runs with seed + i."""
    assert replication_seed(SimpleNamespace(run=SimpleNamespace(seed=40)), 2) == 42


def test_a_plan_is_frozen():
    """A plan is a value."""
    with pytest.raises(AttributeError):
        Plan(SimpleNamespace(), "base", 5).seed = 6
