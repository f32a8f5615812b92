"""Trace files beside the scenario."""

from __future__ import annotations

from pathlib import Path

import pytest


def _traced(small: str) -> str:
    return small.replace("{poisson: 50/s}", "{trace: calls.txt}")


def test_the_instants_of_a_trace_are_read_from_the_scenarios_folder(loaded, small, tmp_path):
    """Comments and empty lines say nothing; both options get the instants."""
    (tmp_path / "calls.txt").write_text("# seconds\n-1\n0.5\n\n0.5  # twice\n7e1\n")
    document = loaded(_traced(small))
    arrivals = [document.option(name).clients["shop"].arrivals.instants_s for name in ("as-is", "more")]
    assert arrivals == [(-1.0, 0.5, 0.5, 70.0)] * 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"1\nx\n", "'calls.txt' line 2: 'x' is no instant; accepted: one number of seconds a line"),
        (b"1\nnan\n", "'calls.txt' line 2: 'nan' is no instant; accepted: one number of seconds a line"),
        (b"2\n1\n", "'calls.txt' line 2: '1' is before the last one; accepted: instants in order"),
        (b"# none\n", "'calls.txt' holds no instant; accepted: one number of seconds a line"),
        (b"\xff\xfe", "'calls.txt' is no text; accepted: one number of seconds a line"),
        (None, "'calls.txt' cannot be read (No such file or directory); accepted: a file, from the scenario's folder"),
    ],
)
def test_a_trace_that_cannot_be_used_says_where(problems, small, tmp_path, content, said):
    """Once, however many options name it."""
    if content is not None:
        Path(tmp_path, "calls.txt").write_bytes(content)
    assert problems(_traced(small)) == [f"16: clients.shop.arrivals.trace: {said}"]


def test_instants_cannot_be_written_into_the_scenario(problems, small):
    """They stand in their file."""
    [found] = problems(small.replace("{poisson: 50/s}", "{trace: calls.txt, instants_s: [1]}"))
    assert found.startswith("16: clients.shop.arrivals.trace: the instants stand in the trace file")
