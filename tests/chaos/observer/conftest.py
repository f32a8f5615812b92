"""What observer tests share: a recorder that keeps what it is told, notes that write into it, a clock that stands."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from chaos.kube.api import Kube
from chaos.observer import Names, Workload
from chaos.observer.notes import Notes


class Still:
    """A run clock that stands at `at_s` until a test moves it."""

    def __init__(self) -> None:
        self.at_s = 0.0

    def now(self) -> float:
        """Return where it stands."""
        return self.at_s


class Told:
    """A recorder in memory: `events` as (t_s, kind, subject, detail), `samples` as (t_s, metric, subject, value)."""

    def __init__(self) -> None:
        self.clock = Still()
        self.events: list[tuple[float, str, str, dict[str, Any]]] = []
        self.samples: list[tuple[float, str, str, float]] = []
        self.notes = Notes(self, self.clock)  # type: ignore[arg-type]

    def event(
        self, t_s: float, kind: str, subject: str, detail: dict[str, Any] | None = None, planned_s: float | None = None
    ) -> None:
        """Keep an event."""
        self.events.append((t_s, kind, subject, detail or {}))

    def sample(self, t_s: float, metric: str, subject: str, value: float) -> None:
        """Keep a sample."""
        self.samples.append((t_s, metric, subject, value))

    @property
    def kinds(self) -> list[tuple[str, str]]:
        """Return (kind, subject) of every event."""
        return [(kind, subject) for _, kind, subject, _ in self.events]

    def last(self, metric: str, subject: str = "cluster") -> float | None:
        """Return the value that a gauge has now."""
        return next((v for _, m, s, v in reversed(self.samples) if (m, s) == (metric, subject)), None)

    def at(self, at_s: float, told: Any, *args: Any, **kwargs: Any) -> None:
        """Let a view be told something at an instant."""
        self.clock.at_s = at_s
        self.notes.take(told, *args, **kwargs)


@pytest.fixture
def told() -> Told:
    """An empty record."""
    return Told()


@pytest.fixture
def names() -> Names:
    """Two nodes, one workload of each kind, one service."""
    return Names(
        nodes={"ip-10-0-0-1": "styx", "ip-10-0-0-2": "pluto"},
        workloads={
            Workload("shop", "front"): "web",
            Workload("shop", "db", "StatefulSet"): "store",
            Workload("shop", "agent", "DaemonSet"): "agent",
        },
        services={("shop", "front"): "web"},
    )


class Scripted:
    """A real HTTP server that answers as an API server would: lists and watches, one after another, as a test says.

    `lists`: each the items of a list; the last one is given again. `watches`: each the changes of one watch, then its
    end; after the last one a watch stays silent until the server is closed.
    """

    def __init__(self) -> None:
        self.lists: list[list[dict[str, Any]]] = []
        self.watches: list[list[dict[str, Any]]] = []
        self.asked: list[str] = []
        self._over = Event()
        scripted = self

        class _Answers(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                scripted.asked.append(self.path)
                if "watch=true" in self.path:
                    scripted._watch(self)
                else:
                    items = scripted.lists.pop(0) if len(scripted.lists) > 1 else scripted.lists[0]
                    scripted._send(self, {"metadata": {"resourceVersion": str(len(scripted.asked))}, "items": items})

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def _send(self, to: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        to.send_response(200)
        to.send_header("Content-Length", str(len(data)))
        to.end_headers()
        to.wfile.write(data)

    def _watch(self, to: BaseHTTPRequestHandler) -> None:
        to.send_response(200)
        to.send_header("Transfer-Encoding", "chunked")
        to.end_headers()
        if not self.watches:
            self._over.wait(30)
            to.close_connection = True
            return
        for change in self.watches.pop(0):
            line = json.dumps(change).encode() + b"\n"
            to.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
        to.wfile.write(b"0\r\n\r\n")

    def close(self) -> None:
        """Vanish: no connection is accepted any more, and silent watches end."""
        self._over.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    """A scripted API server."""
    server = Scripted()
    yield server
    server.close()


@pytest.fixture
def kube(tmp_path: Path) -> Callable[[str], Kube]:
    """Return the API client of a server's URL, by way of a kubeconfig, with a limit of half a second."""

    def of(url: str) -> Kube:
        path = tmp_path / "kubeconfig"
        path.write_text(
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
                    "clusters": [{"name": "it", "cluster": {"server": url}}],
                    "users": [{"name": "it", "user": {"token": "t"}}],
                }
            )
        )
        return Kube.of(path, "it", limit_s=0.5)

    return of


@pytest.fixture
def soon() -> Callable[..., Any]:
    """Return what waits, within a limit, until something is true."""
    return _soon


def _soon(what: Callable[[], Any], limit_s: float = 15.0) -> Any:
    """Return the first answer that is true; the limit bounds a hang and measures nothing."""
    until_s = time.monotonic() + limit_s
    while not (answer := what()):
        assert time.monotonic() < until_s, f"not within {limit_s:g} s"
        time.sleep(0.01)
    return answer
