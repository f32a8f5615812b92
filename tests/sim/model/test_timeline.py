from __future__ import annotations

import itertools
from statistics import mean

import pytest
from whole_world import Run, scenario, times

NOOP = {"kind": "noop"}


def spans(journal, name: str = "it") -> list[tuple[float, float]]:
    """Return when a fault began and ended, occurrence by occurrence."""
    begins, ends = times(journal, "fault_begin", f"fault/{name}"), times(journal, "fault_end", f"fault/{name}")
    return list(itertools.zip_longest(begins, ends, fillvalue=float("inf")))


@pytest.mark.parametrize(
    ("when", "found"),
    [
        ({"at": 10, "for": 5}, [(10.0, 15.0)]),
        ({"at": 10}, [(10.0, float("inf"))]),
        ({"for": 5}, [(0.0, 5.0)]),
        ({}, [(0.0, float("inf"))]),
        ({"at": 10, "for": 0}, [(10.0, 10.0)]),
        ({"every": 31, "for": 5}, [(31.0, 36.0), (67.0, 72.0)]),
        ({"at": 98, "for": 5}, [(98.0, float("inf"))]),
    ],
)
@pytest.mark.parametrize("warmup", [0.0, 7.3])
def test_when_a_fault_begins_and_ends(when: dict, found: list[tuple[float, float]], warmup: float) -> None:
    """`at` from the end of the warm-up, `for` from then on, `every` from an end to the next beginning."""
    assert spans(Run(scenario(100.0, warmup, faults={"it": NOOP | when})).finish()) == found


def test_each_occurrence_draws_its_own_times() -> None:
    """Gaps and lengths are those of their distributions, and no two occurrences are alike (4 standard errors)."""
    when = {"every": {"exponential": {"mean": 8}}, "for": {"exponential": {"mean": 2}}}
    found = spans(Run(scenario(20_000.0, faults={"it": NOOP | when})).finish())[:-1]
    lengths = [end - begin for begin, end in found]
    gaps = [begin - end for (_, end), (begin, _) in itertools.pairwise(found)]
    for drawn, expected in ((lengths, 2.0), (gaps, 8.0)):
        assert len(set(drawn)) == len(drawn) > 1500
        assert abs(mean(drawn) - expected) <= 4 * expected / len(drawn) ** 0.5


def test_the_plan_is_kept_to_the_letter() -> None:
    """A fault begins exactly when it was planned, however the clock got there."""
    when = {"every": {"exponential": {"mean": 1 / 3}}, "for": {"exponential": {"mean": 0.1}}}
    journal = Run(scenario(50.0, 0.1, faults={"it": NOOP | when})).finish()
    begins = [event for event in journal.events if event.kind == "fault_begin"]
    assert len(begins) > 50
    assert [event.t_s for event in begins] == [event.planned_s for event in begins]


def test_faults_draw_apart() -> None:
    """A fault's times depend on its own name and the seed alone, not on the faults beside it or their order."""
    when = NOOP | {"every": {"exponential": {"mean": 8}}, "for": {"exponential": {"mean": 2}}}
    alone = Run(scenario(faults={"it": when})).finish()
    beside = Run(scenario(faults={"other": when, "it": when})).finish()
    assert spans(alone) == spans(beside) != spans(beside, "other")
    assert spans(Run(scenario(faults={"it": when}), seed=2).finish()) != spans(alone)


def test_an_event_says_what_and_where() -> None:
    """Both events carry the fault's kind and its targets in words."""
    fault = {"kind": "refuse", "paths": ["x->y", "z->y"], "at": 1, "for": 1}
    journal = Run(scenario(faults={"it": fault})).finish()
    assert [event.detail for event in journal.events] == [{"kind": "refuse", "target": "x->y, z->y"}] * 2
