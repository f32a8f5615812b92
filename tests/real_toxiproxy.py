"""Real toxiproxy servers on loopback for tests, what they lead to, and who calls through them."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from chaos.lab.errors import LabError
from chaos.lab.parts import ensure
from chaos.toxiproxy import Toxic
from chaos.toxiproxy.toxics import Effect, Stream

__all__ = [
    "LIMIT_S",
    "Caller",
    "RealToxiproxy",
    "Upstream",
    "a_toxic",
    "free_port",
    "hang",
    "program",
    "raw",
    "until",
]

LIMIT_S = 20.0  # bounds a hang of the test, nothing else
PROXY = "link"
_PORTS = itertools.cycle(range(20000 + os.getpid() * 50 % 10000, 32000))  # by process: runs beside each other


class _Built:
    def step(self, part: str, text: str) -> None:
        """Hear nothing: both are built in seconds."""

    def done(self, part: str, seconds: float) -> None:
        """Hear nothing."""


def program(name: str) -> Path:
    """Return a real program of the lab's parts; skip the test where it can't be brought."""
    try:
        return ensure([name], _Built()).path(name)
    except LabError as error:
        pytest.skip(f"{name}: {error}")


def free_port() -> int:
    """Return a port of the loopback that nobody uses just now.

    Below those of outgoing connections (ip-sysctl.rst: from 32768): a call of a dead server there may reach itself.
    """
    for port in _PORTS:
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("no port is free")


def until(look: Any, what: str, limit_s: float = LIMIT_S) -> Any:
    """Return the first true value of `look()`; fail if there is none in time."""
    end_s = time.monotonic() + limit_s
    while not (found := look()):
        assert time.monotonic() < end_s, f"never: {what}"
        time.sleep(0.005)
    return found


class Upstream:
    """A server behind a proxy: it echoes, `later` after a while; or it sends without end once it hears `pour`."""

    def __init__(self) -> None:
        self.accepted = 0
        self.open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.accepted += 1
                self.open.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            while heard := connection.recv(65536):
                while heard == b"pour":
                    connection.sendall(bytes(65536))
                time.sleep(0.3 if heard == b"later" else 0)
                connection.sendall(heard)

    def close(self) -> None:
        """Close everything; from now on its address refuses."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self.open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()


class RealToxiproxy:
    """A process of toxiproxy 2.12.0 with one proxy, `link`, in a configuration file that it is started with."""

    def __init__(self, folder: Path, upstream: str, proxies: tuple[str, ...] = (PROXY,)) -> None:
        self.binary, self.port = program("toxiproxy-server"), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.listens = {name: f"127.0.0.1:{free_port()}" for name in proxies}
        self.config = folder / f"proxies-{self.port}.json"
        rows = [{"name": n, "listen": at, "upstream": upstream, "enabled": True} for n, at in self.listens.items()]
        self.config.write_text(json.dumps(rows))
        self.process: subprocess.Popen[bytes] | None = None
        self.starts = 0

    @property
    def running(self) -> subprocess.Popen[bytes]:
        """Return the process, which is there."""
        assert self.process is not None
        return self.process

    def start(self) -> None:
        """Start it and wait until it answers."""
        argv = [str(self.binary), "-host", "127.0.0.1", "-port", str(self.port), "-config", str(self.config)]
        self.process = subprocess.Popen(
            argv, env={**os.environ, "LOG_LEVEL": "fatal"}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.starts += 1
        until(lambda: _listens(f"127.0.0.1:{self.port}"), "it listens")  # after its proxies, which a look would dial

    def kill(self) -> None:
        """Kill it."""
        self.running.kill()
        self.running.wait(LIMIT_S)

    def restart(self) -> None:
        """Kill it and start it again, as the last resort of every undo does."""
        self.kill()
        self.start()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.running.send_signal(number)

    def call(self, proxy: str = PROXY) -> Caller:
        """Return a new connection through a proxy."""
        return Caller(self.listens[proxy])


def _listens(address: str) -> bool:
    host, _, port = address.rpartition(":")
    with socket.socket() as tried:
        return tried.connect_ex((host, int(port))) == 0


class Caller:
    """A client's connection."""

    def __init__(self, address: str, buffer_bytes: int | None = None) -> None:
        host, _, port = address.rpartition(":")
        self.socket = socket.socket()
        self.socket.settimeout(LIMIT_S)
        if buffer_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
        try:
            self.socket.connect((host, int(port)))
        except OSError:
            self.socket.close()
            raise

    def __enter__(self) -> Caller:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, text: bytes) -> None:
        """Send bytes."""
        self.socket.sendall(text)

    def heard(self, size: int) -> bytes:
        """Return exactly so many bytes, or fewer if the connection ends before."""
        got = b""
        while len(got) < size and (piece := self.socket.recv(size - len(got))):
            got += piece
        return got

    def asks(self, text: bytes = b"hello") -> float:
        """Send, hear the echo, and return how long that took, in seconds."""
        began_s = time.monotonic()
        self.send(text)
        assert self.heard(len(text)) == text
        return time.monotonic() - began_s

    def ends(self, limit_s: float = LIMIT_S) -> str:
        """Return how the connection ends: `eof`, `reset`, or `silent` if it is still open after `limit_s`."""
        self.socket.settimeout(limit_s)
        try:
            return "eof" if self.socket.recv(1) == b"" else "data"
        except ConnectionResetError:
            return "reset"
        except TimeoutError:
            return "silent"


@contextlib.contextmanager
def hang(toxiproxy: RealToxiproxy, proxy: str = PROXY) -> Iterator[None]:
    """Hang the API for good, as in life: slow readers of a long download, a change of toxics, and then they die.

    Source: Shopify/toxiproxy#558, #412, measured with 2.12.0. Inside of the `with` the readers are dead already.
    """
    from chaos.toxiproxy import Server, Toxic, ToxiproxySilent
    from chaos.toxiproxy.toxics import Noop

    server = Server(toxiproxy.url)
    readers = [Caller(toxiproxy.listens[proxy], buffer_bytes=4096) for _ in range(8)]
    for reader in readers:
        reader.send(b"pour")
        assert reader.heard(1000)
    time.sleep(0.5)  # until every buffer on the way is full
    with pytest.raises(ToxiproxySilent):
        server.add(proxy, Toxic(name="hangs", stream="downstream", effect=Noop()))
    for reader in readers:
        reader.socket.close()
    until(server.hung, "the API hangs though nobody is left")
    yield


def a_toxic(effect: Effect, stream: Stream = "downstream", name: str = "t", share: float = 1.0) -> Toxic:
    """Return a toxic; downstream and on every connection unless told otherwise."""
    return Toxic.model_validate({"name": name, "stream": stream, "effect": effect, "share": share})


def raw(real: RealToxiproxy, method: str, path: str, body: Any = None) -> int:
    """Return the status of a call that no model of ours has seen."""
    with requests.Session() as session:
        session.trust_env = False
        return session.request(method, f"{real.url}{path}", json=body, timeout=5).status_code
