"""A server that answers as Prometheus does, or as it should not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

__all__ = ["Answer", "said", "serving_queries"]


class Answer:
    """What the server answers next, and the requests that it has seen."""

    def __init__(self) -> None:
        self.status, self.headers, self.body = 200, {}, b""
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.url = ""

    def give(self, result: Any, kind: str = "vector") -> None:
        """Answer with a result."""
        self.status = 200
        self.body = json.dumps({"status": "success", "data": {"resultType": kind, "result": result}}).encode()


def said(value: str) -> list[dict[str, Any]]:
    """Return a vector of one element."""
    return [{"metric": {"job": "x"}, "value": [1_700_000_000.0, value]}]


@contextmanager
def serving_queries(tls: Any = None) -> Iterator[Answer]:
    """Serve on a loopback port until left."""
    answer = Answer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer.seen.append((self.path, dict(self.headers)))
            self.send_response(answer.status)
            for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: Any) -> None:
            pass

    class Server(HTTPServer):
        def handle_error(self, *_: Any) -> None:
            pass

    with Server(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        answer.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}/prefix"
        try:
            yield answer
        finally:
            server.shutdown()
            thread.join()
