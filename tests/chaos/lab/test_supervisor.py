from __future__ import annotations

import pytest
from lab_sites import a_site

from chaos.lab import supervisor
from chaos.lab.plan import components
from chaos.lab.process import Process, boot_id
from chaos.lab.roster import Entry, Roster

GONE = Process(1, 0, "another boot")


@pytest.fixture
def looked(tmp_path, monkeypatch):
    """Look at a controller at an instant, and tell whether it was started."""
    roster, started, ended_s = Roster(tmp_path), [], {}
    (scheduler,) = [each for each in components(a_site()) if each.kind == "kube-scheduler"]
    monkeypatch.setattr(supervisor, "launch_component", lambda *_: started.append(1))

    def look(at_s: float, entry: Entry) -> bool:
        monkeypatch.setattr(supervisor.time, "monotonic", lambda: at_s)
        roster.put(scheduler.name, entry)
        before = len(started)
        supervisor._look(None, scheduler, roster, ended_s)
        return len(started) > before

    return look


def test_what_ended_comes_back_after_its_time(looked):
    """Two seconds after it was first seen to be gone, and once."""
    assert [looked(at_s, Entry(GONE)) for at_s in (10.0, 11.9, 12.0)] == [False, False, True]


def test_what_ends_again_at_once_waits_again(looked):
    """A component that cannot live is tried every two seconds, not without a pause."""
    assert [looked(at_s, Entry(GONE)) for at_s in (1.0, 3.0, 3.1, 5.0, 5.2)] == [False, True, False, False, True]


def test_what_was_stopped_on_purpose_stays_down(looked):
    """However long it is gone; and from then on the time counts anew."""
    assert [looked(at_s, Entry(GONE, wanted=False)) for at_s in (10.0, 20.0)] == [False, False]
    assert [looked(at_s, Entry(GONE)) for at_s in (21.0, 23.0)] == [False, True]


def test_what_runs_is_left_alone(looked):
    """A process that is there again forgets that it was gone."""
    import os

    from chaos.lab.process import started_ticks

    here = Process(os.getpid(), started_ticks(os.getpid()) or 0, boot_id())
    assert [looked(at_s, Entry(each)) for at_s, each in ((1.0, GONE), (2.0, here), (3.5, GONE), (5.4, GONE))] == [
        False
    ] * 4


def test_only_those_whose_plan_says_so_are_watched():
    """All that only helps is brought back; a kubelet or a datastore that is gone stays gone."""
    from chaos.lab.component import NEVER

    kinds = dict.fromkeys(each.kind for each in components(a_site(kind="three-servers")) if each.restart != NEVER)
    helpers = ["toxiproxy", "kube-controller-manager", "kube-scheduler", "kube-proxy", "coredns", "guardian"]
    assert list(kinds) == helpers
