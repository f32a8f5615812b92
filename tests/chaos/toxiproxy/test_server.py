from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator

import pytest
from real_toxiproxy import hang

from chaos.toxiproxy import BadToxic, ProxyState, ReadBackDiffers, Server, Toxic, ToxiproxyRefused, ToxiproxySilent
from chaos.toxiproxy.toxics import Effect, Latency, Noop, Slicer, Stream, Timeout


def a_toxic(effect: Effect | None = None, name: str = "t", stream: Stream = "downstream", share: float = 1.0) -> Toxic:
    """Return a toxic; harmless unless told otherwise."""
    return Toxic.model_validate({"name": name, "stream": stream, "effect": effect or Noop(), "share": share})


@pytest.fixture
def liar() -> Iterator[str]:
    """A server that says yes to everything and does something else: a toxic's latency is 1 ms, and nothing goes.

    Of two toxics it keeps one.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    toxic = {
        "name": "t",
        "type": "latency",
        "stream": "downstream",
        "toxicity": 1,
        "attributes": {"latency": 1, "jitter": 0},
    }
    proxy = {"name": "link", "listen": "127.0.0.1:1", "upstream": "127.0.0.1:2", "enabled": True, "toxics": []}

    def serve() -> None:
        there = []
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                verb, asked = connection.recv(65536).split()[:2]
                body = there if (verb, asked[-7:]) == (b"GET", b"/toxics") else toxic if b"toxics" in asked else proxy
                there = [toxic] if verb == b"POST" else there
                text = json.dumps(body).encode()
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(text), text))

    threading.Thread(target=serve, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def test_what_is_added_is_read_back_and_removed_again(server):
    """A whole life of a toxic; the proxy is as it was."""
    was = server.proxy("link")
    found = server.add("link", a_toxic(Slicer(average_size_bytes=10, delay_s=0.01)))
    assert dict(found.attributes) == {"average_size": 10, "size_variation": 0, "delay": 10_000}
    assert server.toxics("link") == server.proxy("link").toxics == (found,)
    assert (server.remove("link", "t"), server.remove("link", "t")) == (True, False)
    assert server.proxy("link") == was


def test_a_toxic_is_changed_in_place(server):
    """Its attributes alone; its name and direction stay."""
    server.add("link", a_toxic(Latency(latency_s=0.1)))
    assert dict(server.update("link", a_toxic(Latency(latency_s=0.2, jitter_s=0.1))).attributes) == {
        "latency": 200, "jitter": 100,
    }  # fmt: skip


def test_an_update_that_would_draw_again_is_refused(server):
    """A share is drawn once; an update makes open connections switch."""
    with pytest.raises(BadToxic, match="drawn again"):
        server.update("link", a_toxic(share=0.5))


@pytest.mark.parametrize(("first", "second"), [(0.5, 1.0), (1.0, 0.5)])
def test_no_toxic_comes_beside_one_with_a_share(server, first, second):
    """In the same direction connections would draw again; in the other one they don't."""
    server.add("link", a_toxic(name="first", share=first))
    with pytest.raises(BadToxic, match="link has first downstream already"):
        server.add("link", a_toxic(name="second", share=second))
    server.add("link", a_toxic(name="second", share=second, stream="upstream"))


def test_of_toxics_that_come_together_none_is_added_beside_one_with_a_share(server):
    """They are looked at before the first is written."""
    with pytest.raises(BadToxic, match="link has first downstream already"):
        server.add_all("link", (a_toxic(name="first", share=0.5), a_toxic(name="second")))
    assert server.toxics("link") == ()


def test_toxics_that_come_together_keep_their_order(server):
    """What is returned is what was read back, and stands so in the chain."""
    found = server.add_all("link", tuple(a_toxic(Latency(latency_s=0.001 * n), name=f"t{n}") for n in (2, 1, 3)))
    assert server.toxics("link") == found
    assert [toxic.name for toxic in found] == ["t2", "t1", "t3"]


def test_a_toxic_that_exists_is_refused_with_toxiproxys_words(server):
    """Whose it is nobody can say, so it is not ours to change."""
    server.add("link", a_toxic())
    with pytest.raises(ToxiproxyRefused, match="status 409: toxic already exists"):
        server.add("link", a_toxic())


def test_a_proxy_goes_down_and_up(server):
    """What is answered is what was read back."""
    assert (server.disable("link").enabled, server.enable("link").enabled) == (False, True)


def test_a_proxy_that_cannot_listen_says_so(server, real):
    """Toxiproxy-python would say that it is enabled."""
    server.disable("link")
    host, _, port = real.listens["link"].partition(":")
    with socket.create_server((host, int(port))), pytest.raises(ToxiproxyRefused, match="address already in use"):
        server.enable("link")
    assert not server.proxy("link").enabled


def test_a_proxy_is_made_and_deleted(server):
    """As it was, without toxics."""
    was = server.proxy("link")
    assert (server.delete("link"), server.delete("link")) == (True, False)
    assert server.create(was) == was


def test_a_write_that_is_not_obeyed_is_an_error(liar):
    """It names each field, what it is and what it should be."""
    server = Server(liar)
    with pytest.raises(ReadBackDiffers, match="add t to link: read back, it differs: latency is 1, not 200"):
        server.add("link", a_toxic(Latency(latency_s=0.2)))
    with pytest.raises(ReadBackDiffers, match="add lost to link: read back, it differs: it is not there"):
        server.add_all("link", (a_toxic(Latency(latency_s=0.001)), a_toxic(name="lost")))
    with pytest.raises(ReadBackDiffers, match="enabled is True, not False"):
        server.disable("link")
    with pytest.raises(ReadBackDiffers, match="it is still there"):
        server.remove("link", "t")
    with pytest.raises(ReadBackDiffers, match="create other"):
        server.create(ProxyState("other", "127.0.0.1:1", "127.0.0.1:2", True))


def test_a_name_that_leads_elsewhere_is_never_sent(server):
    """No call of ours reaches another route."""
    for call in (server.proxy, server.delete, server.enable, lambda name: server.remove("link", name)):
        with pytest.raises(BadToxic, match="is no name"):
            call("link?x")


def test_a_hang_is_seen_and_other_proxies_are_still_reached(server, real):
    """Only the list of all proxies shows it, so nothing else here asks for that list."""
    assert not server.hung()
    with hang(real):
        assert server.hung()
        assert server.version() == "2.12.0"
        server.add("other", a_toxic(Timeout()))
        assert server.remove("other", "t")
        with pytest.raises(ToxiproxySilent):
            server.proxy("link")


def test_nobody_there_is_no_hang(server, real):
    """A dead server is restarted by somebody; a hung one by us."""
    real.kill()
    with pytest.raises(ToxiproxySilent) as refused:
        server.hung()
    assert not refused.value.taken
    real.start()
