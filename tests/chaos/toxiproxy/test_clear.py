from __future__ import annotations

import signal
import socket

import pytest
from real_toxiproxy import free_port, hang

from chaos.toxiproxy import Cleared, ProxyState, Server, Toxic, clear
from chaos.toxiproxy.toxics import Latency, Noop, Timeout
from sim.errors import HarnessError

OURS = tuple(
    Toxic(name=f"ours.{way}", stream=way, effect=Timeout())  # type: ignore[arg-type]
    for way in ("upstream", "downstream")
)
NAMES = tuple(each.name for each in OURS)
THEIRS = Toxic(name="theirs", stream="upstream", effect=Latency(latency_s=0.01))


def break_it(server: Server) -> ProxyState:
    """Add our toxics behind somebody else's, and return what was before."""
    server.add("link", THEIRS)
    was = server.proxy("link")
    for toxic in OURS:
        server.add("link", toxic)
    return was


def test_ours_go_and_theirs_stay(server, real):
    """No restart where toxiproxy does what it is told; the proxy is equal to what was before."""
    was = break_it(server)
    assert clear(server, "link", NAMES, was, real.restart) == Cleared(
        done=["removed toxic ours.upstream of link", "removed toxic ours.downstream of link"]
    )
    assert (server.proxy("link"), real.starts) == (was, 1)


def test_what_is_clear_already_is_clear(server, real):
    """Undone twice it is undone, and so after a restart of somebody else."""
    was = server.proxy("link")
    break_it(server)
    real.restart()
    cleared = clear(server, "link", NAMES, was)
    assert cleared.done == [f"removed toxic {name} of link: it had gone already" for name in NAMES]
    assert (cleared.clean, server.proxy("link")) == (True, was)


@pytest.mark.parametrize("enabled", [True, False])
def test_a_proxy_is_enabled_again_or_left_down_as_it_was(server, enabled):
    """It comes back to what it was, not to what we like."""
    server.patch("link", enabled=enabled)
    was = server.proxy("link")
    server.patch("link", enabled=not enabled)
    assert clear(server, "link", (), was).clean
    assert server.proxy("link") == was


def test_addresses_come_back_too(server, real):
    """The harder way: down, mended, up."""
    was = server.proxy("link")
    server.patch("link", upstream=f"127.0.0.1:{free_port()}")
    cleared = clear(server, "link", NAMES, was)
    assert (cleared.clean, cleared.restarted, server.proxy("link")) == (True, False, was)
    with real.call() as caller:
        caller.asks()


def test_a_proxy_that_somebody_deleted_stays_deleted(server):
    """With it our toxics have gone; to make it again is his business."""
    was = break_it(server)
    server.delete("link")
    assert clear(server, "link", NAMES, was).clean


def test_a_hang_is_survived_by_a_restart(server, real):
    """Slow readers that died hung the API for good; all is as it was, and what went with the restart is said."""
    was = break_it(server)
    for name in NAMES:
        server.remove("link", name)  # a silent link can't be downloaded from
    with hang(real):
        cleared = clear(server, "link", ("hangs", *NAMES), was, real.restart)
    assert (cleared.clean, cleared.restarted, cleared.lost, real.starts) == (True, True, ("theirs",), 2)
    assert server.proxy("link") == was.without(("theirs",))
    assert not server.hung()
    with real.call() as caller:
        caller.asks()


def test_without_a_way_to_restart_a_hang_is_said(server, real):
    """What is left names the call that got no answer; nothing is raised, and nothing is waited for."""
    was = server.proxy("link")
    with hang(real):
        cleared = clear(server, "link", ("hangs",), was)
    assert not cleared.clean
    assert "DELETE /proxies/link/toxics/hangs: no answer" in cleared.left[0]
    assert "can't be restarted from here" in cleared.left[1]


def test_a_restart_that_fails_is_said(server, real):
    """Its own words are among what is left."""

    def refuse() -> None:
        raise HarnessError("no right to delete pods")

    was = server.proxy("link")
    server.add("link", OURS[0])
    real.signal(signal.SIGSTOP)
    try:
        cleared = clear(server, "link", NAMES, was, refuse)
    finally:
        real.signal(signal.SIGCONT)
    assert cleared.left[-1] == "no right to delete pods"


def test_a_port_that_somebody_took_is_left_and_said(server, real):
    """Toxiproxy can't listen there, neither gently nor harder, and without a restart that is what is left."""
    was = server.proxy("link")
    server.disable("link")
    host, _, port = real.listens["link"].partition(":")
    with socket.create_server((host, int(port))):
        cleared = clear(server, "link", (), was)
    assert cleared.left[0] == "link: enabled is False, it was True"
    assert any("address already in use" in each for each in cleared.done)


def test_a_server_that_is_just_being_restarted_is_waited_for(server, real):
    """Somebody else's restart is a good undo too."""
    import threading

    was = server.proxy("link")
    server.add("link", OURS[0])
    real.kill()
    late = threading.Timer(0.3, real.start)
    late.start()
    cleared = clear(server, "link", NAMES, was)
    late.join()
    assert (cleared.clean, cleared.restarted, server.proxy("link")) == (True, False, was)


def test_a_proxy_that_no_file_lists_is_made_again_after_a_restart(server, real):
    """A server that forgets everything is told again what was there; also that it was down."""
    was = server.create(ProxyState("byhand", f"127.0.0.1:{free_port()}", "127.0.0.1:1", False))
    server.patch("byhand", enabled=True)
    server.add("byhand", Toxic(name="ours", stream="upstream", effect=Noop()))

    def gone() -> None:
        real.signal(signal.SIGCONT)
        real.restart()

    real.signal(signal.SIGSTOP)
    cleared = clear(server, "byhand", ("ours",), was, gone)
    assert (cleared.clean, cleared.restarted, server.proxy("byhand")) == (True, True, was)
