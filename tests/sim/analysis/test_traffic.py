"""Calls by subject and by periods."""

from __future__ import annotations

import pytest

from sim.analysis.traffic import Traffic

CALLS = [(9, 1, "ok"), (2, 30, "ok", "ok", 1, 1), (-3, 5, "ok"), (7, 1, "failed")]
TWO = ((0.0, 5.0), (8.0, 10.0))


@pytest.mark.parametrize(
    ("subject", "starts"),
    [
        ("client/web", [9.0]),
        ("client/batch", [2.0]),
        ("service/api", [2.0, 9.0]),
        ("cluster", [2.0, 9.0]),
        ("client/x", []),
    ],
)
def test_a_cut_is_by_subject_and_start(made, subject, starts):
    """Of several periods the calls stand together, by start; what nobody is called by has none."""
    assert Traffic(made(CALLS)).within(subject, TWO)["t_s"].tolist() == starts


def test_answers_count_when_they_come(made):
    """Good answers only, by their end: also of a call that began in the warm-up."""
    traffic = Traffic(made(CALLS))
    assert [len(traffic.answered_s("cluster", ((begin, begin + 10.0),))) for begin in (0.0, 10.0, 30.0)] == [1, 1, 1]


def test_subjects_are_in_the_order_of_the_file(made):
    """Clients, services, and all together."""
    assert Traffic(made()).subjects == ("client/web", "client/batch", "service/api", "cluster")
