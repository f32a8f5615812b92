"""What each toxic of toxiproxy 2.12.0 does, held against a real server: what the simulated faults copy."""

from __future__ import annotations

import contextlib
import select
import socket
import time

from real_toxiproxy import LIMIT_S, Caller, a_toxic, raw

from chaos.toxiproxy import toxics_of
from chaos.toxiproxy.toxics import (
    Bandwidth,
    Latency,
    LimitData,
    ResetPeer,
    Slicer,
    SlowClose,
    Timeout,
)
from sim.spec import faults


def test_latency_adds_up_and_spares_the_connect(real, server):
    """Two downstream and one upstream: their sum, to the answer alone."""
    for name, stream, added_s in (("a", "downstream", 0.1), ("b", "upstream", 0.05), ("c", "downstream", 0.07)):
        server.add("link", a_toxic(Latency(latency_s=added_s), stream, name))
    began_s = time.monotonic()
    with real.call() as caller:
        assert time.monotonic() - began_s < 0.1  # the connect alone; each toxic would be seen in it
        assert caller.asks() >= 0.22


def test_latency_keeps_the_order(real, server):
    """A jitter as large as the delay overtakes nothing."""
    server.add("link", a_toxic(Latency(latency_s=0.02, jitter_s=0.02)))
    with real.call() as caller:
        for digit in b"0123456789":
            caller.send(bytes([digit]))
            time.sleep(0.002)
        assert caller.heard(10) == b"0123456789"


def test_what_latency_holds_is_released_when_it_goes(real, server):
    """A byte under way for an hour arrives after the removal."""
    server.add("link", a_toxic(Latency(latency_s=3600)))
    with real.call() as caller:
        caller.send(b"x")
        assert caller.ends(0.2) == "silent"
        server.remove("link", "t")
        caller.socket.settimeout(LIMIT_S)
        assert caller.heard(1) == b"x"


def test_bandwidth_is_a_rate_of_1000_bytes(real, server):
    """10 000 B at 50 kB/s take 0.2 s, each connection by itself."""
    server.add("link", a_toxic(Bandwidth(rate_bytes_per_s=50_000)))
    with real.call() as one, real.call() as other:
        began_s = time.monotonic()
        one.send(bytes(10_000))
        other.send(bytes(10_000))
        one.heard(10_000)
        first_s = time.monotonic() - began_s
        other.heard(10_000)
        assert first_s >= 0.15  # the last 100 ms are not waited for in whole
        assert time.monotonic() - began_s < first_s + 0.15


def test_a_rate_of_nothing_loses_nothing(real, server):
    """A stall: what it held arrives when it goes."""
    server.add("link", a_toxic(Bandwidth(rate_bytes_per_s=0)))
    with real.call() as caller:
        caller.send(b"kept")
        assert caller.ends(0.2) == "silent"
        server.remove("link", "t")
        caller.socket.settimeout(LIMIT_S)
        assert caller.heard(4) == b"kept"


def test_slow_close_delays_the_end(real, server, upstream):
    """The server closes; the client hears of it later."""
    server.add("link", a_toxic(SlowClose(delay_s=0.3)))
    with real.call() as caller:
        caller.asks()
        began_s = time.monotonic()
        upstream.open[0].shutdown(socket.SHUT_RDWR)
        assert caller.ends() in {"eof", "reset"}
        assert time.monotonic() - began_s >= 0.3


def test_a_timeout_of_nothing_is_silence_until_it_goes(real, server):
    """Connects go through, bytes vanish, and the removal closes what was held."""
    server.add("link", a_toxic(Timeout()))
    with real.call() as caller:
        caller.send(b"lost")
        assert caller.ends(0.2) == "silent"
        server.remove("link", "t")
        assert caller.ends() in {"eof", "reset"}


def test_a_timeout_closes_an_idle_connection_and_no_busy_one(real, server):
    """It counts from the last chunk, not from the first."""
    server.add("link", a_toxic(Timeout(timeout_s=0.3), "upstream"))
    with real.call() as idle, real.call() as busy:
        for _ in range(5):
            busy.send(b"x")
            time.sleep(0.1)
        assert idle.ends() in {"eof", "reset"}
        assert busy.ends(0.01) == "silent"
        assert busy.ends() in {"eof", "reset"}


def test_a_reset_meets_new_connections_at_their_first_bytes(real, server):
    """RST for those begun since, FIN for older ones, nothing for those that say nothing."""
    with real.call() as old, real.call() as idle:
        old.asks()
        server.add("link", a_toxic(ResetPeer(), "upstream"))
        with real.call() as new:
            new.send(b"x")
            assert new.ends() == "reset"
        old.send(b"x")
        assert old.ends() == "eof"
        assert idle.ends(0.1) == "silent"


def test_a_reset_that_waits_cannot_be_removed_meanwhile(real, server):
    """A DELETE waits for its time-out: that is why ours never has one."""
    body = {"name": "t", "type": "reset_peer", "stream": "upstream", "attributes": {"timeout": 800}}
    assert raw(real, "POST", "/proxies/link/toxics", body) == 200
    with real.call() as caller:
        caller.send(b"x")
        time.sleep(0.1)
        began_s = time.monotonic()
        server.remove("link", "t")
        assert time.monotonic() - began_s >= 0.5


def test_our_reset_after_a_while_goes_at_once(real, server):
    """A latency before the reset waits as the fault says, and an undo waits for neither."""
    toxics = toxics_of(faults.Reset(after=0.4), "f")
    assert isinstance(toxics, tuple)
    for toxic in toxics:
        server.add("link", toxic)
    with real.call() as caller:
        began_s = time.monotonic()
        caller.send(b"x")
        assert caller.ends() == "reset"
        assert time.monotonic() - began_s >= 0.4
    server.remove("link", toxics[0].name)
    server.add("link", a_toxic(Latency(latency_s=3600), "upstream", "long"))
    with real.call() as caller:
        caller.send(b"x")
        time.sleep(0.1)
        for name in server.proxy("link").toxic_names[::-1]:
            server.remove("link", name)  # an answer within its 2 s is what is asked for
    assert server.toxics("link") == ()


def test_a_slicer_cuts_to_pieces(real, server):
    """100 B in pieces of 10 ± 2, 10 ms apart: at least eight of them, one after the other."""
    server.add("link", a_toxic(Slicer(average_size_bytes=10, size_variation_bytes=2, delay_s=0.01)))
    with real.call() as caller:
        assert caller.asks(bytes(100)) >= 0.07


def test_a_limit_counts_each_connection_from_its_coming(real, server):
    """What went before does not count; what goes beyond is cut off."""
    with real.call() as old:
        old.asks(bytes(50))
        server.add("link", a_toxic(LimitData(limit_bytes=10)))
        old.send(bytes(30))
        assert old.heard(30) == bytes(10)
        with real.call() as new:
            new.asks(bytes(9))
            new.send(b"ab")
            assert new.heard(2) == b"a"


def test_a_share_is_drawn_once_a_connection(real, server):
    """Of forty connections at one half some are slow and some are not; each stays what it is."""
    server.add("link", a_toxic(Latency(latency_s=1), share=0.5))
    with contextlib.ExitStack() as all_open:
        callers = [all_open.enter_context(real.call()) for _ in range(40)]
        first, second = _quick(callers), _quick(callers)
    assert first == second
    assert 0 < len(first) < 40


def test_a_share_is_drawn_again_when_a_neighbour_comes(real, server):
    """Open connections switch: that is why no toxic of ours comes beside one with a share."""
    server.add("link", a_toxic(Latency(latency_s=1), share=0.5))
    with contextlib.ExitStack() as all_open:
        callers = [all_open.enter_context(real.call()) for _ in range(40)]
        first = _quick(callers)
        assert raw(real, "POST", "/proxies/link/toxics", {"name": "neighbour", "type": "noop"}) == 200
        assert _quick(callers) != first


def _quick(callers: list[Caller]) -> list[int]:
    """Send a byte by each, and return which of them have it back before the latency is over."""
    for caller in callers:
        caller.send(b"x")
    time.sleep(0.5)
    sockets = [caller.socket for caller in callers]
    ready, _, _ = select.select(sockets, [], [], 0)
    for caller in callers:
        assert caller.heard(1) == b"x"
    return [number for number, each in enumerate(sockets) if each in ready]
