from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from chaos.lab.component import Exists, Http, Listens
from chaos.lab.readiness import ready


@pytest.fixture
def server():
    """A server that is well at one path only."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/ok" else 500)
            self.end_headers()

        def log_message(self, *_):
            """Say nothing."""

    made = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{made.server_port}"
    made.shutdown()
    thread.join()
    made.server_close()


def test_only_200_is_ready(server):
    """Any other answer, and none, is not ready."""
    assert ready(Http(f"{server}/ok"))
    assert not ready(Http(f"{server}/other"))
    assert not ready(Http("http://127.0.0.1:1/ok"))
    assert not ready(Http("https://127.0.0.1:1/ok"))


def test_who_accepts_listens(tmp_path):
    """On a port or a Unix socket; a socket's file alone is not enough."""
    with socket.create_server(("127.0.0.1", 0)) as there:
        at = f"127.0.0.1:{there.getsockname()[1]}"
        assert ready(Listens(at))
    assert not ready(Listens(at))
    path = str(tmp_path / "s")
    assert not ready(Listens(path))
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(path)
        unix.listen()
        assert ready(Listens(path))
    assert not ready(Listens(path))


def test_a_mark_is_there_or_not(tmp_path):
    """A task is done when its file exists."""
    assert ready(Exists(str(tmp_path)))
    assert not ready(Exists(str(tmp_path / "no")))
