"""The table of a pod's life."""

from __future__ import annotations

from sim.model.cluster.pods import NEXT, Signal, State


def test_a_gone_pod_stays_gone() -> None:
    """No signal brings an object back."""
    assert set(NEXT[State.GONE].values()) == {State.GONE}


def test_a_terminating_pod_only_ends() -> None:
    """Probes and the node controller change nothing any more; the kubelet's word or force ends it (P2, P3)."""
    ways_out = {signal for signal, state in NEXT[State.TERMINATING].items() if state is not State.TERMINATING}
    assert ways_out == {Signal.CONFIRMED, Signal.FORCED}


def test_only_a_probe_makes_ready() -> None:
    """A pod is Ready by its own kubelet's word alone (P11)."""
    assert {signal for moves in NEXT.values() for signal, state in moves.items() if state is State.READY} <= {
        Signal.PROBED,
        Signal.UNREADY,
    } - {Signal.UNREADY}


def test_a_pod_without_a_node_goes_at_once() -> None:
    """P3: nobody has to confirm what never ran."""
    assert NEXT[State.PENDING][Signal.DELETED] is State.GONE
