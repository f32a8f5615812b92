"""One guardian, as the runner talks to it: directly, past the API server and past everything that a fault may break."""

from __future__ import annotations

import http.client
import json
import re
import socket
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from chaos.guard.errors import DeadlinePassed, GuardianError, GuardianHeld, GuardianRefused, GuardianSilent
from chaos.guard.state import GuardState, parse_state
from chaos.guard.undo import Undo
from sim.errors import UsageError

__all__ = ["LIMIT_S", "Guardian"]

LIMIT_S = 1.0  # assumption: it answers in a millisecond, and the shortest sensible deadline is a few seconds
KINDS = {409: GuardianHeld, 410: DeadlinePassed}
WORDS = 300  # letters of an answer that go into an error


class Guardian:
    """A guardian by its URL: `http://HOST:PORT`, or `unix:PATH` on this machine, which no cut network reaches.

    Every call is a connection of its own and takes LIMIT_S at most, for each silence. No environment variable sends it
    elsewhere. All calls raise GuardianSilent and GuardianRefused (GuardianHeld, DeadlinePassed).
    """

    def __init__(self, url: str) -> None:
        """Raises UsageError for a URL of another form."""
        parts = urlsplit(url)
        fits = bool(parts.path) if parts.scheme == "unix" else parts.scheme == "http" and bool(parts.hostname)
        if not fits:
            raise UsageError(f"guardian: {url!r} is no address of one; accepted: http://HOST:PORT or unix:PATH")
        self.url, self._parts = url, parts

    def arm(self, run: str, within_s: float, undo: Sequence[Undo] = ()) -> GuardState:
        """Arm a run, or add to what it has armed, before anything is done; its deadline is then `within_s` from now.

        The steps are taken back in reverse order. The guardian has them on disk when this returns.
        """
        return self._call("PUT", "/run", {"run": run, "within_s": within_s, "undo": [each.wire() for each in undo]})

    def renew(self, run: str) -> GuardState:
        """Move the deadline of a run to its `within_s` from now."""
        return self._call("POST", f"/run/{_checked(run)}/renew")

    def forget(self, run: str, undo: Sequence[Undo]) -> GuardState:
        """Drop steps that the run has undone itself; they may be armed again later. The deadline stays."""
        return self._call("POST", f"/run/{_checked(run)}/undone", {"undo": [each.wire() for each in undo]})

    def disarm(self, run: str) -> GuardState:
        """End a run's switch: everything was undone, nothing is left for it to do."""
        return self._call("DELETE", f"/run/{_checked(run)}")

    def state(self) -> GuardState:
        """Return what it holds, what it has done, and how its toxiproxy is."""
        return self._call("GET", "/state")

    def _call(self, method: str, path: str, body: Any = None) -> GuardState:
        called = f"{method} {path}"
        try:
            status, text = self._exchange(method, path, None if body is None else json.dumps(body))
        except TimeoutError:
            raise GuardianSilent(self.url, called, f"no answer within {LIMIT_S:g} s") from None
        except (OSError, http.client.HTTPException) as error:
            raise GuardianSilent(self.url, called, f"the connection failed: {error}") from None
        try:
            told = json.loads(text)
            if status == http.client.OK:
                return parse_state(told)
            raise self._refusal(called, status, str(told["error"]))
        except (ValueError, KeyError, TypeError):
            raise GuardianRefused(self.url, called, status, f"this is no guardian's answer: {text[:WORDS]!r}") from None

    def _refusal(self, called: str, status: int, words: str) -> GuardianError:
        return KINDS.get(status, GuardianRefused)(self.url, called, status, words)

    def _exchange(self, method: str, path: str, body: str | None) -> tuple[int, bytes]:
        connection = self._connection()
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        if self._parts.scheme == "unix":
            return _OverUnix(self._parts.path)
        return http.client.HTTPConnection(self._parts.netloc, timeout=LIMIT_S)


class _OverUnix(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("guardian", timeout=LIMIT_S)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _checked(run: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.][A-Za-z0-9_.-]*", run):
        raise UsageError(f"guardian: {run!r} is no run; accepted: letters, digits and _ . -, not - first")
    return run
