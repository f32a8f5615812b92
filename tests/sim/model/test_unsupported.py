"""What the simulated world cannot do is said before a run."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from sim.errors import UsageError
from sim.model.unsupported import NOT_SIMULATED, not_simulated, options_not_simulated
from sim.spec.faults import Fault
from sim.spec.load import Document, load_text
from sim.spec.source import Source
from sim.study import compare, simulate, simulate_many

TEXT = """
version: 1
name: mixed
why: a test
run: {duration: 20s, replications: 2}
cluster: {nodes: {a: {}, b: {}}}
options:
  plain: {}
  dns: {add: {faults: {names: {kind: dns_failure, at: 5s, for: 5s}}}}
  skew: {extends: [dns], add: {faults.clock: {kind: clock_skew, node: a, by: 100s, at: 5s, for: 5s}}}
"""


def document(text: str = TEXT) -> Document:
    """Return the document of a text."""
    return load_text(Source("mixed.yaml", text, None))


def test_a_reason_is_there_for_each_and_ends_no_sentence() -> None:
    """The table's keys are kinds of the vocabulary; its reasons fit into a sentence."""
    assert set(NOT_SIMULATED) <= set(get_args(get_args(Fault)[0]))
    assert all(row.why and not row.why.endswith(".") and row.why[0].islower() for row in NOT_SIMULATED.values())


def test_each_option_is_asked_for_itself() -> None:
    """Options without such a fault are not concerned; every fault of the others is named."""
    found = options_not_simulated(document())
    assert list(found) == ["dns", "skew"]
    assert re.findall(r"its fault (\w+) \((\w+)\)", found["skew"]) == [
        ("names", "dns_failure"),
        ("clock", "clock_skew"),
    ]
    assert not_simulated(document().option("plain")) is None


def test_simulate_refuses_before_it_runs() -> None:
    """By name, as the file's first option, and as a value made in Python: the fault and the reason are named."""
    words = (
        r"cannot be simulated: its fault names \(dns_failure\) is not in the model: .*; accepted: without that fault"
    )
    with pytest.raises(UsageError, match=f"option dns {words}"):
        simulate_many(document(), "dns", processes=1)
    first = document(TEXT.replace("  plain: {}\n", ""))
    with pytest.raises(UsageError, match=f"option dns {words}"):
        simulate(first)
    with pytest.raises(UsageError, match=f"the scenario {words}"):
        simulate(document().option("dns"))


def test_compare_lists_what_it_cannot_run_and_runs_the_rest() -> None:
    """The others are compared; asked for by name, or with nothing left to compare, it is an error."""
    made = compare(document(), processes=1)
    assert [result.option for result in made.results] == ["plain"]
    assert made.not_modelled == options_not_simulated(document())
    for refused in (("plain", "skew"), ("dns",)):
        with pytest.raises(UsageError, match="cannot be simulated"):
            compare(document(), refused, processes=1)
    with pytest.raises(UsageError, match="option dns cannot be simulated"):
        compare(document(TEXT.replace("  plain: {}\n", "")), processes=1)
