from __future__ import annotations

import json
import socket
import threading

import pytest
from real_toxiproxy import free_port

from chaos.guard import Enable, Guardian, GuardianRefused, GuardianSilent, Remove, Run, parse_state
from chaos.guard import client as module
from sim.errors import UsageError


def test_a_silent_guardian_is_waited_for_within_the_limit(monkeypatch):
    """It takes the connection and says nothing; the error says which call."""
    monkeypatch.setattr(module, "LIMIT_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(GuardianSilent) as refused:
            Guardian(url).renew("run")
    assert str(refused.value) == f"guardian {url}: POST /run/run/renew: no answer within 0.1 s"


def test_nobody_there_is_silent_too(tmp_path):
    """On a port and on a socket."""
    for url in (f"http://127.0.0.1:{free_port()}", f"unix:{tmp_path}/none"):
        with pytest.raises(GuardianSilent, match="the connection failed"):
            Guardian(url).state()


@pytest.mark.parametrize("body", [b"<html>", b"{}", b"[]", b'{"run": 1}'])
@pytest.mark.parametrize("status", [200, 500])
def test_what_is_no_guardian_is_refused(status, body):
    """Something else at the address is never taken for a yes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listener, listener.accept()[0] as connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body))

    threading.Thread(target=serve, daemon=True).start()
    with pytest.raises(GuardianRefused, match=f"status {status}: this is no guardian's answer"):
        Guardian(f"http://127.0.0.1:{listener.getsockname()[1]}").state()


@pytest.mark.parametrize("url", ["127.0.0.1:1", "https://a:1", "unix:", "http://"])
def test_what_is_no_address_is_refused(url):
    """The error says what is."""
    with pytest.raises(UsageError, match="accepted: http://HOST:PORT or unix:PATH"):
        Guardian(url)


def test_a_run_is_a_name():
    """It becomes part of a path."""
    with pytest.raises(UsageError, match="is no run"):
        Guardian("http://127.0.0.1:1").renew("a/../b")


@pytest.mark.parametrize("undo", [Remove("link", "toxic"), Enable("link"), Run("start", "node-1")])
def test_a_step_is_read_as_it_was_sent(undo):
    """What a guardian says that it would do is what it was told."""
    data = {
        "run": "r", "phase": "armed", "remaining_s": 1, "within_s": 2, "undo": [json.loads(json.dumps(undo.wire()))],
        "log": [{"at": "now", "said": "armed"}], "toxiproxy": {"health": "well", "detail": "", "age_s": 0.5},
        "max_within_s": 60, "commands": ["start"], "restarts_by": "-restart",
    }  # fmt: skip
    assert (parse_state(data).undo, parse_state(data).log) == ((undo,), (("now", "armed"),))
