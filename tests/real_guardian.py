"""A guardian that really runs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from real_toxiproxy import LIMIT_S, RealToxiproxy, free_port, program, until

from chaos.guard import Guardian, GuardianError, GuardState

__all__ = ["RealGuardian"]

NOTE = "import sys; open(sys.argv[1], 'a').write(sys.argv[2] + chr(10)); sys.exit(sys.argv[2] == 'bad')"
"""A command that notes its target, and fails for `bad`."""


class RealGuardian:
    """A process of the guardian, that can be killed and started again; its toxiproxy is restarted by the test."""

    def __init__(self, folder: Path, toxiproxy: RealToxiproxy) -> None:
        self.folder, self.toxiproxy = folder, toxiproxy
        self.noted, self.state_file, self.asked = folder / "noted", folder / "state.json", folder / "restart"
        self.address = f"127.0.0.1:{free_port()}"
        self.restart = [sys.executable, "-c", f"open({str(self.asked)!r}, 'w')"]
        self.environment: dict[str, str] = {}
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def client(self) -> Guardian:
        """Return the client of it."""
        return Guardian(self.address if self.address.startswith("unix:") else f"http://{self.address}")

    def argv(self, *more: str) -> list[str]:
        """Return its command line."""
        note = json.dumps([sys.executable, "-c", NOTE, str(self.noted), "{target}"])
        words = ["-listen", self.address, "-toxiproxy", self.toxiproxy.url, "-state", str(self.state_file)]
        return [str(program("guardian")), *words, "-command", f"start={note}", *more]

    def start(self, *more: str) -> None:
        """Start it and wait until it answers."""
        ways = () if any(word.startswith(("-kill", "-restart")) for word in more) else self._restart()
        environment = {**os.environ, **self.environment}
        self.process = subprocess.Popen(self.argv(*ways, *more), env=environment, stdout=subprocess.DEVNULL)
        until(self.answers, "the guardian answers")

    def _restart(self) -> tuple[str, ...]:
        return ("-restart", json.dumps(self.restart)) if self.restart else ()

    def answers(self) -> GuardState | None:
        """Return its state, None if it does not answer."""
        try:
            return self.client.state()
        except GuardianError:
            return None

    def end(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End it by a signal."""
        assert self.process is not None
        self.process.send_signal(number)
        self.process.wait(LIMIT_S)

    def becomes(self, *phases: str) -> GuardState:
        """Wait for a phase, and return the state in it."""

        def look() -> GuardState | None:
            state = self.client.state()
            return state if state.phase in phases else None

        found = until(look, f"the guardian is {' or '.join(phases)}")
        assert isinstance(found, GuardState)
        return found

    def notes(self) -> list[str]:
        """Return the targets of the commands that were run."""
        return self.noted.read_text().split() if self.noted.exists() else []
