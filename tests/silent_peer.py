"""Peers that take every connection and never say a word; one that answers as Prometheus does until it falls silent."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

__all__ = ["Falling", "falling_silent", "kubeconfig_to", "silent_peer"]

HOLDS_S = 60.0  # longer than anybody here waits for an answer


@contextlib.contextmanager
def silent_peer() -> Iterator[str]:
    """Yield HOST:PORT of a socket that accepts whoever comes and stays silent, until left."""
    held: list[socket.socket] = []

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                held.append(listener.accept()[0])

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        host, port = listener.getsockname()
        yield f"{host}:{port}"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)
    for each in held:
        each.close()


class Falling:
    """A Prometheus whose every query yields 1, until `silent` is set; `over`: the test is."""

    def __init__(self) -> None:
        self.url = ""
        self.silent, self.over = threading.Event(), threading.Event()

    def body(self) -> bytes:
        """Return the answer, or wait as long as anybody could."""
        if self.silent.is_set():
            self.over.wait(HOLDS_S)
        result = [{"metric": {}, "value": [0.0, "1"]}]
        return json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}}).encode()


@contextlib.contextmanager
def falling_silent() -> Iterator[Falling]:
    """Serve such a Prometheus until left."""
    falling = Falling()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = falling.body()
            with contextlib.suppress(OSError):  # who asked has gone
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Be quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    falling.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield falling
    finally:
        falling.over.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


def kubeconfig_to(address: str, like: Path, path: Path) -> Path:
    """Write a kubeconfig as another one, but for where its API servers are."""
    told = yaml.safe_load(like.read_text())
    for each in told["clusters"]:
        each["cluster"]["server"] = f"https://{address}"
    path.write_text(yaml.safe_dump(told))
    return path
