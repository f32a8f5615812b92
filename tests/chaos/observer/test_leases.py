from __future__ import annotations

import pytest

from chaos.observer.leases import Leaders, NodeLeases


def _lease(name: str, renewed: str, holder: str = "", lasts: int = 15):
    spec = {"holderIdentity": holder, "renewTime": renewed, "leaseDurationSeconds": lasts}
    return {"metadata": {"name": name}, "spec": spec}


def _scheduler(renewed: str, holder: str = "server-1_abc"):
    return _lease("kube-scheduler", renewed, holder)


@pytest.fixture
def leaders(told):
    """A scheduler that leads from the start, renewed at 0."""
    view = Leaders(told.notes)
    told.at(0.0, view.put, _scheduler("t0"), at_start=True)
    told.at(0.0, view.put, _lease("somebody-elses", "t0", "x"), at_start=True)
    return view


def test_who_leads_at_the_start_is_no_event(told, leaders):
    """Nor is a renewal, nor the same lease again, nor a lease that nobody asked about."""
    told.at(2.0, leaders.put, _scheduler("t1"), at_start=False)
    told.at(3.0, leaders.put, _scheduler("t1"), at_start=False)
    told.at(16.9, leaders.tick)
    assert told.events == []


def test_a_lease_that_runs_out_is_lost_and_the_next_holder_elected(told, leaders):
    """Lost after its duration without a renewal; elected with the simulator's name of the controller."""
    told.at(15.0, leaders.tick)
    told.at(16.0, leaders.tick)
    told.at(30.0, leaders.put, _scheduler("t9", "server-2_def"), at_start=False)
    assert told.events == [
        (15.0, "leader_lost", "cluster", {"controller": "scheduler", "who": "server-1", "silent_s": 15.0}),
        (30.0, "leader_elected", "cluster", {"controller": "scheduler", "who": "server-2", "server_time": "t9"}),
    ]


def test_a_holder_that_follows_at_once_ends_the_one_before(told, leaders):
    """Nothing ran out: both events come together."""
    told.at(4.0, leaders.put, _scheduler("t4", "server-1_other"), at_start=False)
    assert [(t_s, kind) for t_s, kind, _, _ in told.events] == [(4.0, "leader_lost"), (4.0, "leader_elected")]


def test_a_released_lease_has_no_leader(told, leaders):
    """An empty holder is nobody, until somebody takes it."""
    told.at(4.0, leaders.put, _scheduler("t4", ""), at_start=False)
    told.at(40.0, leaders.tick)
    told.at(41.0, leaders.put, _scheduler("t5", "server-3_x"), at_start=False)
    assert [(t_s, kind) for t_s, kind, _, _ in told.events] == [(4.0, "leader_lost"), (41.0, "leader_elected")]


def test_a_leader_that_renews_after_all_leads_again(told, leaders):
    """What was taken for lost while nobody could be asked is put right."""
    told.at(20.0, leaders.tick)
    told.at(21.0, leaders.put, _scheduler("t9"), at_start=False)
    told.at(23.0, leaders.put, _scheduler("t10"), at_start=False)
    assert [(t_s, kind) for t_s, kind, _, _ in told.events] == [(20.0, "leader_lost"), (21.0, "leader_elected")]


def test_a_deleted_lease_is_lost(told, leaders):
    """Nobody holds what is not there."""
    told.at(5.0, leaders.drop, _scheduler("t0"))
    assert [kind for kind, _ in told.kinds] == ["leader_lost"]


def test_only_a_renewal_that_ends_a_silence_is_told(told, names):
    """Half the lease's duration without one: at least one was missed."""
    view = NodeLeases(told.notes, names)
    told.at(0.0, view.put, _lease("ip-10-0-0-1", "a", lasts=40), at_start=True)
    told.at(10.0, view.put, _lease("ip-10-0-0-1", "b", lasts=40), at_start=False)
    told.at(30.0, view.put, _lease("ip-10-0-0-1", "c", lasts=40), at_start=False)
    told.at(55.0, view.put, _lease("ip-10-0-0-1", "d", lasts=40), at_start=False)
    told.at(90.0, view.put, _lease("somebody", "e", lasts=40), at_start=False)
    assert told.events == [(55.0, "lease_renewed", "node/styx", {"silent_s": 25.0, "server_time": "d"})]
