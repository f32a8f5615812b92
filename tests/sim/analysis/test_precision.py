"""When enough replications have been made."""

from __future__ import annotations

import pytest

from sim.analysis.precision import MOST, Precision, looks
from sim.errors import UsageError


def test_looks_spend_five_percent_in_all():
    """Over all looks together the chance of a wrong interval stays below 5 %; the last look is at the cap."""
    made = list(looks())
    assert [count for count, _ in made[:4]] == [10, 15, 22, 33]
    assert made[-1][0] == MOST
    assert sum(1 - level for _, level in made) < 0.05


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("speed=1", "'speed' is no metric; accepted: call_ok_share"),
        ("call_ok_share", "accepted: METRIC=HALFWIDTH above 0, such as call_ok_share=0.1%"),
        ("call_ok_share=0", "above 0, such as call_ok_share=0.1%"),
        ("call_ok_share=-1%", "above 0, such as call_ok_share=0.1%"),
        ("call_ok_share=nan", "above 0, such as call_ok_share=0.1%"),
        ("call_p99_s=5", "such as call_p99_s=250ms"),
        ("call_p99_s=5 apples", "such as call_p99_s=250ms"),
    ],
)
def test_a_precision_that_is_none_is_refused(text, words):
    """What was given and what is accepted."""
    with pytest.raises(UsageError) as refused:
        Precision.parse(text)
    assert words in str(refused.value)


def test_a_precision_is_in_its_metrics_unit():
    """As people write quantities."""
    assert Precision.parse("call_ok_share=0.1%") == Precision("call_ok_share", 0.001)
    assert Precision.parse("call_ok_share=0.001") == Precision("call_ok_share", 0.001)
    assert Precision.parse("call_p99_s=250ms") == Precision("call_p99_s", 0.25)
