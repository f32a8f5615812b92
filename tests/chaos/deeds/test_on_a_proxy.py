"""Deeds on a proxy leave it as it was, by whatever means it takes, and touch nothing of anybody else."""

from __future__ import annotations

import json
import signal

import pytest
from real_toxiproxy import hang, until

from chaos.binding import TargetRefused
from chaos.deeds import Deed, DeedFailed, TargetGone, UndoFailed, deed_from
from chaos.deeds.down import DisableProxy
from chaos.deeds.toxics import AddToxics
from chaos.guard import Enable, Remove
from chaos.toxiproxy import Toxic
from chaos.toxiproxy.toxics import Latency, Noop, ResetPeer

SLOW = (
    Toxic(name="wg-r1.slow.0.latency.upstream", stream="upstream", effect=Latency(latency_s=0.01)),
    Toxic(name="wg-r1.slow.0.latency.downstream", stream="downstream", effect=Latency(latency_s=0.01)),
)
FOREIGN = Toxic(name="somebodys", stream="upstream", effect=Noop())
DEEDS = (AddToxics(link="a->b", toxics=SLOW), DisableProxy(link="a->b"))


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.deed)
def test_undone_it_is_as_before_with_what_others_did(deed, hands, server):
    """Before and after are the same, toxics of others included; undone twice is undone once."""
    server.add("link", FOREIGN)
    before = server.proxy("link")
    ready = deed.prepared(hands)
    ready.do(hands)
    assert server.proxy("link") != before
    ready.undo(hands)
    assert server.proxy("link") == before
    ready.undo(hands)
    assert server.proxy("link") == before


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.deed)
def test_what_was_only_intended_can_be_undone(deed, hands, server):
    """A runner that died between intent and deed left nothing to undo, and undoing that succeeds."""
    before = server.proxy("link")
    deed.undo(hands)
    deed.prepared(hands).undo(hands)
    assert server.proxy("link") == before


def test_a_half_done_deed_is_undone(hands, server):
    """Of two toxics the first is there, then the runner was killed: it goes, and the second is no obstacle."""
    ready = DEEDS[0].prepared(hands)
    before = server.proxy("link")
    server.add("link", SLOW[0])
    ready.undo(hands)
    assert server.proxy("link") == before


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.deed)
def test_the_ledger_gives_back_the_very_same_deed(deed, hands):
    """Written as JSON and read on another machine, a prepared deed is equal to what it was."""
    ready = deed.prepared(hands)
    assert deed_from(json.loads(ready.model_dump_json())) == ready


@pytest.mark.parametrize("effect", [Noop(), ResetPeer()])
def test_effects_without_values_are_told_apart_in_the_ledger(effect):
    """A reset is read back as a reset, and not as a noop."""
    deed = AddToxics(link="a->b", toxics=(Toxic(name="x", stream="upstream", effect=effect),))
    assert deed_from(json.loads(deed.model_dump_json())) == deed


def test_what_was_down_before_stays_down(hands, server):
    """A proxy that somebody had taken down is not ours to enable, and no guardian is told to."""
    server.disable("link")
    ready = DisableProxy(link="a->b").prepared(hands)
    ready.do(hands)
    ready.undo(hands)
    assert not server.proxy("link").enabled
    assert ready.guardian(hands) is None


def test_a_proxy_that_was_deleted_is_a_success(hands, server):
    """The target is gone, so nothing is left of the fault."""
    ready = DEEDS[0].prepared(hands)
    ready.do(hands)
    server.delete("link")
    assert "gone" in ready.undo(hands)


def test_a_restarted_toxiproxy_has_forgotten_the_fault(hands, server, real):
    """Its toxics went with the process: nothing to undo, and it says so."""
    ready = DEEDS[0].prepared(hands)
    before = server.proxy("link")
    ready.do(hands)
    real.restart()
    ready.undo(hands)
    assert server.proxy("link") == before


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.deed)
def test_a_fault_that_is_not_in_force_any_more_has_lapsed(deed, hands, server, real):
    """While it is, nothing is said; after a restart of its toxiproxy, what is missing; of who is silent, nothing."""
    ready = deed.prepared(hands)
    ready.do(hands)
    assert ready.lapsed(hands) == ""
    real.signal(signal.SIGSTOP)
    assert ready.lapsed(hands) == ""
    real.signal(signal.SIGCONT)
    real.restart()
    missing = (
        "link takes connections again" if deed is DEEDS[1] else f"link has no toxic {SLOW[0].name}, {SLOW[1].name}"
    )
    assert missing in ready.lapsed(hands)


def test_a_hung_api_is_undone_by_a_restart(hands, server, real):
    """When toxiproxy takes no call any more, it is started anew by the binding's command."""
    ready = DEEDS[1].prepared(hands)
    before = server.proxy("link")
    ready.do(hands)
    server.enable("link")  # or nobody could hang it
    with hang(real):
        said = ready.undo(hands)
    assert "restarted toxiproxy" in said
    assert real.starts == 2
    assert server.proxy("link") == before


def test_a_dead_toxiproxy_is_started_by_the_undo(hands, server, real):
    """A server that nobody else starts again is started by the last resort."""
    ready = DEEDS[1].prepared(hands)
    ready.do(hands)
    real.kill()
    ready.undo(hands)
    until(lambda: server.proxy("link").enabled, "the proxy is up")


def test_without_a_restart_it_says_what_is_left_and_how_to_remove_it(hands, server, real):
    """A frozen server and no command for it: UndoFailed, with the very commands for a person."""
    ready = DEEDS[0].prepared(hands)
    ready.do(hands)
    edge = hands.binding.toxiproxies["edge"].model_copy(update={"restart": None})
    helpless = type(hands)(hands.binding.model_copy(update={"toxiproxies": {"edge": edge}}))
    real.signal(signal.SIGSTOP)
    try:
        with pytest.raises(UndoFailed) as failed:
            ready.undo(helpless)
    finally:
        real.signal(signal.SIGCONT)
    for toxic in SLOW:
        assert f"curl -fsS -m 2 -X DELETE {real.url}/proxies/link/toxics/{toxic.name}" in failed.value.by_hand
    ready.undo(hands)
    assert server.proxy("link").toxics == ()


@pytest.mark.parametrize("kind", [AddToxics, DisableProxy])
def test_what_is_not_allowed_is_not_touched_by_any_step(kind, hands, server):
    """Neither doing nor undoing passes the allow-list, even for a deed that somebody slipped into a ledger."""
    extra = {"toxics": SLOW} if kind is AddToxics else {}
    deed: Deed = kind(link="a->c", before=server.proxy("other").to_dict(), **extra)
    before = server.proxy("other")
    with pytest.raises(DeedFailed, match="not allowed") as failed:
        deed.do(hands)
    assert isinstance(failed.value.__cause__, TargetRefused)
    with pytest.raises(UndoFailed, match="not allowed"):
        deed.undo(hands)
    assert server.proxy("other") == before


def test_a_proxy_that_is_not_there_is_a_target_gone(hands):
    """It says which proxy of which server was looked for."""
    with pytest.raises(TargetGone, match="missing"):
        DisableProxy(link="a->d").prepared(hands)


def test_guardians_are_told_to_undo_just_this(hands):
    """One step a toxic, and the proxy enabled: what the guardian would do is what undo does."""
    guarded = hands.binding.toxiproxies["edge"].model_copy(update={"guardian": "unix:/nowhere/guardian.sock"})
    watched = type(hands)(hands.binding.model_copy(update={"toxiproxies": {"edge": guarded}}))
    orders = [deed.prepared(watched).guardian(watched) for deed in DEEDS]
    assert [order.undo for order in orders if order] == [
        tuple(Remove("link", toxic.name) for toxic in SLOW),
        (Enable("link"),),
    ]
    assert {order.url for order in orders if order} == {"unix:/nowhere/guardian.sock"}
