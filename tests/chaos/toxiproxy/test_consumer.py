from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
from real_toxiproxy import RealToxiproxy, free_port

from chaos.toxiproxy import Server, ToxiproxyRefused, ToxiproxySilent
from chaos.toxiproxy.consumer import Api
from sim.errors import UsageError


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def answering(raw: bytes) -> str:
    """Return the URL of a server that answers one call with these bytes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listener, listener.accept()[0] as connection:
            connection.recv(65536)
            connection.sendall(raw)

    threading.Thread(target=serve, daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_a_silent_server_is_waited_for_within_the_limit(silent):
    """The error says which call, and that somebody took the connection."""
    with pytest.raises(ToxiproxySilent) as refused:
        Api(silent).call("GET", "/proxies/a", limit_s=0.1)
    assert refused.value.taken
    assert str(refused.value) == f"toxiproxy {silent}: GET /proxies/a: no answer within 0.1 s"


def test_nobody_there_is_another_error():
    """Nobody took the connection."""
    with pytest.raises(ToxiproxySilent) as refused:
        Api(f"http://127.0.0.1:{free_port()}").call("GET", "/version")
    assert not refused.value.taken
    assert "Connection refused" in str(refused.value)


@pytest.mark.parametrize("status", [302, 400, 403, 404, 405, 409, 500, 503])
def test_every_status_but_2xx_is_an_error_with_its_words(status):
    """Also those that toxiproxy-python does not look at, and redirects, which nobody follows."""
    body = b'{"error": "no such thing", "status": 1}'
    head = f"HTTP/1.1 {status} X\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with pytest.raises(ToxiproxyRefused) as refused:
        Api(answering(head + body)).call("DELETE", "/proxies/a")
    assert (refused.value.status, refused.value.call, refused.value.words) == (
        status, "DELETE /proxies/a", "no such thing"
    )  # fmt: skip


def test_an_answer_that_is_no_json_is_refused_with_its_beginning():
    """As the plain version of 2.5.0, or whatever else stands at the address."""
    with pytest.raises(ToxiproxyRefused, match=r"status 200: 2\.5\.0"):
        Server(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n2.5.0")).version()


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_no_variable_sends_the_calls_elsewhere(real: RealToxiproxy, monkeypatch, variable):
    """With it toxiproxy-python alone would talk to nobody."""
    monkeypatch.setenv(variable, f"http://127.0.0.1:{free_port()}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert Server(real.url).version() == "2.12.0"


def test_two_servers_are_two_servers(real, tmp_path, upstream):
    """Host and port are not shared by a class, as they are in the library."""
    second = RealToxiproxy(tmp_path, upstream.address, ("elsewhere",))
    second.start()
    try:
        one, other = Server(real.url), Server(second.url)
        assert (one.proxy("link").name, other.proxy("elsewhere").name) == ("link", "elsewhere")
        with pytest.raises(ToxiproxyRefused, match="status 404"):
            one.proxy("elsewhere")
    finally:
        second.kill()


@pytest.mark.parametrize("url", ["127.0.0.1:8474", "https://a:1", "http://", "http://a/b", "http://a/?q"])
def test_what_is_no_address_is_refused(url):
    """The error says what is."""
    with pytest.raises(UsageError, match="accepted: http://HOST:PORT"):
        Api(url)
