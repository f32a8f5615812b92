"""The lab's workloads as real processes on the loopback interface."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import pytest

from chaos.lab.parts import Lines, Parts, ensure

ENDS_WITHIN_S = 30


@dataclass
class Running:
    """A service that listens on `port`."""

    process: subprocess.Popen[str]
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def get(self, path: str = "/") -> tuple[int, str]:
        """Return status and body of one request on a connection of its own."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=ENDS_WITHIN_S)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def metrics(self) -> dict[str, float]:
        """Return its metrics, series → value."""
        lines = [line for line in self.get("/metrics")[1].splitlines() if not line.startswith("#")]
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}

    def stop(self) -> tuple[int, str, str]:
        """Send SIGTERM and return exit code and what it wrote after its first line."""
        self.process.send_signal(signal.SIGTERM)
        out, err = self.process.communicate(timeout=ENDS_WITHIN_S)
        return self.process.returncode, out, err


Start = Callable[..., Running]


@pytest.fixture(scope="session")
def workloads() -> Parts:
    """The workloads, built into the user's cache if they are not there."""
    if shutil.which("go") is None:
        pytest.skip("building the workloads needs a Go toolchain on the PATH")
    return ensure(["service", "bootstrapper", "pause"], Lines())


@pytest.fixture
def start(workloads: Parts) -> Iterator[Start]:
    """Start services, and end them after the test."""
    running: list[Running] = []

    def begin(**settings: str) -> Running:
        process = run(workloads.path("service"), LISTEN="127.0.0.1:0", **settings)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("listening on "), process.communicate()
        running.append(Running(process, int(line.rsplit(":", 1)[1])))
        return running[-1]

    yield begin
    for each in running:
        if each.process.poll() is None:
            each.process.kill()
        each.process.communicate()


def run(program: Path, **settings: str) -> subprocess.Popen[str]:
    """Start a program with these environment variables beside those it needs."""
    environment = {"PATH": os.environ["PATH"], **settings}
    return subprocess.Popen([program], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that is bound, so that nobody else gets it, and on which nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]
