from __future__ import annotations

from dataclasses import replace

import pytest

from chaos.lab.timings import DEFAULT, FAST, timings
from sim.errors import UsageError
from sim.presets.timings import timings as preset


def test_the_sets_are_those_of_the_simulators_presets():
    """A lab and a simulation with the same name of timings have the same numbers."""
    for ours, name in ((DEFAULT, "lab-default"), (FAST, "lab-fast")):
        theirs = preset(name)
        names = ("status_s", "status_report_s", "grace_s", "toleration_s", "monitor_period_s", "leader_lease_s")
        assert [getattr(ours, each) for each in names] == [theirs[each] for each in names]
        assert ours.lease_s / 4 == theirs["lease_renew_s"]


def test_a_change_replaces_one_timing():
    """A timing is named with or without its unit."""
    assert timings("fast", ("grace=20s", "lease_s=40s")) == replace(FAST, grace_s=20.0, lease_s=40.0)


@pytest.mark.parametrize(
    ("base", "change", "told"),
    [
        ("slow", (), "'slow' is no set of timings; accepted: default, fast"),
        ("fast", ("grce=20s",), "'grce=20s' is no timing; accepted: NAME=VALUE with one of status_s, "),
        ("fast", ("grace",), "'grace' is no timing"),
        ("fast", ("grace=soon",), "'grace=soon'"),
        ("fast", ("toleration=1500ms",), "accepted: whole seconds"),
        ("fast", ("status=0s",), "accepted: more than 0"),
        ("fast", ("grace=2s",), "accepted: grace > status"),
    ],
)
def test_what_does_not_fit_is_refused(base, change, told):
    """A wrong timing is said with what is accepted."""
    with pytest.raises(UsageError) as refused:
        timings(base, change)
    assert told in str(refused.value)
