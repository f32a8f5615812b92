"""The table of real means speaks of every fault, and agrees with toxiproxy's own table."""

from __future__ import annotations

from typing import get_args

import pytest

from chaos.faults import MEANS, Means, Unsupported, means
from chaos.toxiproxy.meaning import MEANINGS
from sim.spec import faults as spec

VOCABULARY = get_args(get_args(spec.Fault)[0])


def test_every_fault_of_the_vocabulary_has_a_row():
    """A fault that the language knows can be raised, or the table says why it can't: none is forgotten."""
    assert set(MEANS) == set(VOCABULARY)
    assert sorted(fault.model_fields["kind"].default for fault in MEANS) == sorted(spec.FAULT_KINDS)


@pytest.mark.parametrize("fault", [fault for fault in MEANS if isinstance(MEANS[fault], Unsupported)])
def test_what_no_environment_can_do_says_why(fault, asked):
    """The reason is a sentence, without a full stop, that names a cause."""
    found = means(asked(), fault.model_construct())
    assert isinstance(found, Unsupported)
    assert len(found.why.split()) > 8
    assert not found.why.endswith(".")


def test_nothing_is_a_deed_like_any_other(asked):
    """A noop goes through the ledger and touches nothing."""
    found = means(asked(), spec.Noop(at=0.0))
    assert isinstance(found, Means)
    assert [(deed.touches(), deed.needs()) for deed in found.deeds] == [((), ())]


def test_overload_is_load_of_our_own(asked):
    """It is no deed: whoever runs sees the kind, and adds calls."""
    found = means(asked(), spec.Overload(at=0.0, service="api", rate=5.0))
    assert isinstance(found, Means)
    assert found.deeds == ()


@pytest.mark.parametrize("fault", [each for each in MEANINGS if issubclass(each, spec.LinkFault)])
def test_both_tables_agree_on_what_a_proxy_can_do(fault, asked):
    """What toxiproxy can't do is unsupported on every link, for the same reason."""
    values = {"added": 0.1, "rate": 1e6, "share": 0.5, "delay": 0.1, "average_size": 100, "bytes": 10}
    given = {key: value for key, value in values.items() if key in fault.model_fields}
    found = means(asked(), fault(at=0.0, link="one--two", **given))
    row = MEANINGS[fault]
    if isinstance(row, Unsupported):
        assert found == row
    else:
        assert isinstance(found, Means)
        assert [touch.name for deed in found.deeds for touch in deed.touches()] == ["one--two"]
