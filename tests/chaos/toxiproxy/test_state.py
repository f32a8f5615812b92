from __future__ import annotations

import json

from chaos.toxiproxy import ProxyState, Toxic, ToxicState, parse_proxy
from chaos.toxiproxy.state import differences
from chaos.toxiproxy.toxics import Latency

FOREIGN = ToxicState("theirs", "packet_loss", "upstream", 5.0, (("odd", 1.5),))
STATE = ProxyState("link", "127.0.0.1:1", "127.0.0.1:2", False, (FOREIGN,))


def test_a_ledger_keeps_a_state_whole():
    """Written as JSON and read again it is the same, whatever others have set."""
    assert parse_proxy(json.loads(json.dumps(STATE.to_dict()))) == STATE


def test_keys_that_nobody_knows_are_ignored():
    """2.12.0 adds an empty `Logger`."""
    assert parse_proxy({**STATE.to_dict(), "Logger": {}}) == STATE


def test_a_state_without_some_toxics_is_the_same_proxy():
    """Nothing else changes."""
    assert STATE.without(("theirs",)) == ProxyState("link", "127.0.0.1:1", "127.0.0.1:2", False)
    assert STATE.without(("ours",)) == STATE


def test_every_field_is_compared():
    """Direction, share, type, values that are missing and values that nobody asked for."""
    wanted = Toxic(name="t", stream="upstream", effect=Latency(latency_s=0.1))
    found = ToxicState("t", "timeout", "downstream", 0.5, (("latency", 100), ("timeout", 3)))
    assert differences(wanted, found) == (
        "jitter is None, not 0",
        "stream is 'downstream', not 'upstream'",
        "timeout is 3, not None",
        "toxicity is 0.5, not 1.0",
        "type is 'timeout', not 'latency'",
    )
