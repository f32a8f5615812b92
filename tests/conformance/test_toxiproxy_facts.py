"""What toxiproxy 2.12.0 does, held against a real server: what the simulated faults copy and the undo relies on."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess

import pytest
from real_toxiproxy import LIMIT_S, a_toxic, free_port, raw, until

from chaos.toxiproxy.toxics import (
    Latency,
    Timeout,
)

# connections


def test_who_calls_a_dead_upstream_is_let_in_and_then_shut_out(real, server):
    """Behind an enabled proxy a dead server accepts and closes: the connect never fails."""
    server.patch("link", upstream=f"127.0.0.1:{free_port()}")
    with real.call() as caller:
        assert caller.ends() in {"eof", "reset"}


def test_each_connection_dials_anew(real, upstream):
    """Three callers are three connections of the server behind."""
    with real.call(), real.call(), real.call():
        until(lambda: upstream.accepted == 3, "three dials")


def test_a_disabled_proxy_refuses_and_closes_what_is_open(real, server):
    """Down is a fast refusal; up again heals new connections and no old one."""
    with real.call() as old:
        old.asks()
        server.disable("link")
        assert old.ends() in {"eof", "reset"}
        with pytest.raises(ConnectionRefusedError):
            real.call()
        server.enable("link")
        with real.call() as new:
            new.asks()
        assert old.ends() in {"eof", "reset"}


def test_the_same_values_leave_connections_alone_and_others_close_them(real, server, upstream):
    """A PATCH without a change is harmless; a changed upstream is not."""
    with real.call() as caller:
        caller.asks()
        server.patch("link")
        server.patch("link", upstream=upstream.address, enabled=True)
        caller.asks()
        server.patch("link", upstream=upstream.address.replace("127.0.0.1", "127.0.0.2"))
        assert caller.ends() in {"eof", "reset"}


def test_half_closing_is_not_passed_on(real):
    """A client that says that it has finished, and waits for the answer, gets none: one end closed closes both."""
    with real.call() as caller:
        caller.asks()
        caller.send(b"later")
        caller.socket.shutdown(socket.SHUT_WR)
        assert caller.heard(100) == b""


def test_a_restart_forgets_toxics_and_brings_the_proxies_of_its_file(real, server):
    """To kill and start it is to heal it."""
    was = server.proxy("link")
    server.add("link", a_toxic(Timeout()))
    server.disable("link")
    real.restart()
    assert server.proxy("link") == was
    with real.call() as caller:
        caller.asks()


def test_killed_it_ends_what_is_open_and_refuses(real):
    """A dead proxy fails fast."""
    with real.call() as caller:
        caller.asks()
        real.kill()
        assert caller.ends() in {"eof", "reset"}
        with pytest.raises(ConnectionRefusedError):
            real.call()
    real.start()


# the interface


def test_toxics_are_listed_upstream_first(server):
    """Whatever their order of birth."""
    server.add("link", a_toxic(Latency(latency_s=0.01), "downstream", "first"))
    server.add("link", a_toxic(Latency(latency_s=0.01), "upstream", "second"))
    assert server.proxy("link").toxic_names == ("second", "first")


def test_a_misspelt_attribute_is_silently_ignored(real, server):
    """That is why every write is read back."""
    body = {"name": "t", "type": "latency", "attributes": {"latancy": 100}}
    assert raw(real, "POST", "/proxies/link/toxics", body) == 200
    assert server.toxics("link")[0].attributes == (("jitter", 0), ("latency", 0))


def test_a_name_with_a_slash_is_made_and_never_found(real):
    """That is why names are checked."""
    body = {"name": "a/b", "type": "noop"}
    assert raw(real, "POST", "/proxies/link/toxics", body) == 200
    assert raw(real, "DELETE", "/proxies/link/toxics/a%2Fb") == 404


def test_a_share_of_five_is_taken(real):
    """It checks no ranges: ours are checked here."""
    assert raw(real, "POST", "/proxies/link/toxics", {"name": "t", "type": "noop", "toxicity": 5}) == 200


def test_a_reset_of_everything_stops_at_a_proxy_that_cannot_be_enabled(real, server, tmp_path):
    """`/reset` answers 500 and leaves what it had not come to: nothing here uses it."""
    server.add("link", a_toxic(Timeout()))
    server.disable("link")
    host, _, port = real.listens["link"].partition(":")
    with socket.create_server((host, int(port))):
        assert raw(real, "POST", "/reset") == 500
    assert (server.proxy("link").enabled, server.proxy("link").toxic_names) == (False, ("t",))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"type": "slicer"}, marks=pytest.mark.soak),  # it dies of a stack of 1 GB
        {"type": "slicer", "attributes": {"average_size": 10, "size_variation": 20}},
        {"type": "bandwidth", "attributes": {"rate": -1}},
    ],
    ids=["slicer of nothing", "slicer that varies too much", "bandwidth below nothing"],
)
def test_one_bad_value_kills_the_server(real, body):
    """Each of these is refused by our models."""
    assert raw(real, "POST", "/proxies/link/toxics", body) == 200
    for _ in range(20 if "size_variation" in str(body) else 1):  # it is drawn: not every chunk is deadly then
        if real.running.poll() is None:
            with contextlib.suppress(ConnectionRefusedError), real.call() as caller:  # it has just died
                caller.send(bytes(60000))
                caller.ends(0.2)
    assert real.running.wait(LIMIT_S) != 0
    real.start()


# a hang, and what it leaves working


def test_a_frozen_server_takes_connections_and_says_nothing(real, server):
    """The kernel accepts for it: a hang is seen by its silence alone, and it is none once it is thawed."""
    real.signal(signal.SIGSTOP)
    try:
        assert server.hung()
    finally:
        real.signal(signal.SIGCONT)
    assert not server.hung()


def test_a_second_server_on_a_taken_port_lives_and_answers_nobody(real):
    """It stays alive without an API; who asks reaches the first: that is why proxies are compared, not versions."""
    argv = [str(real.binary), "-host", "127.0.0.1", "-port", str(real.port)]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as second:
        try:
            with pytest.raises(subprocess.TimeoutExpired):
                second.wait(0.5)
        finally:
            second.kill()
