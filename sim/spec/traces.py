"""Trace files: the instants at which a client calls, one number of seconds a line, beside the scenario."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path as FilePath

from sim.spec.references import Finding
from sim.spec.scenario import Scenario
from sim.spec.traffic import Trace
from sim.spec.wording import quote

__all__ = ["TraceReader"]

MOST_BYTES = 256 * 2**20  # ten million calls


class _TraceError(ValueError):
    """A trace file that cannot be used; its text says where and why."""


def _read(path: FilePath) -> str:
    with path.open("rb") as stream:
        raw = stream.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise _TraceError(f"is larger than {MOST_BYTES // 2**20} MiB; accepted: at most that")
    return raw.decode("utf-8-sig")


def _instants(text: str) -> Iterator[float]:
    last_s = -math.inf
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].strip()
        if not words:
            continue
        try:
            at_s = float(words)
        except ValueError:
            at_s = math.nan
        if not math.isfinite(at_s):
            raise _TraceError(f"line {number}: {quote(words)} is no instant; accepted: one number of seconds a line")
        if at_s < last_s:
            raise _TraceError(f"line {number}: {quote(words)} is before the last one; accepted: instants in order")
        last_s = at_s
        yield at_s


def _load(path: FilePath) -> tuple[float, ...]:
    try:
        instants_s = tuple(_instants(_read(path)))
    except UnicodeDecodeError:
        raise _TraceError("is no text; accepted: one number of seconds a line") from None
    except (OSError, ValueError) as error:
        if isinstance(error, _TraceError):
            raise
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise _TraceError(f"cannot be read ({reason}); accepted: a file, from the scenario's folder") from None
    if not instants_s:
        raise _TraceError("holds no instant; accepted: one number of seconds a line")
    return instants_s


@dataclass(slots=True)
class TraceReader:
    """Reads each trace file once, however many options name it."""

    folder: FilePath
    _read: dict[str, tuple[float, ...] | _TraceError] = field(default_factory=dict)

    def filled(self, scenario: Scenario) -> tuple[Scenario, list[Finding]]:
        """Return the scenario with the instants of its traces, and what is wrong with them."""
        found: list[Finding] = []
        clients = dict(scenario.clients)
        for name, client in scenario.clients.items():
            if not isinstance(client.arrivals, Trace):
                continue
            instants_s = self._instants_s(client.arrivals.trace)
            if isinstance(instants_s, _TraceError):
                found.append((("clients", name, "arrivals", "trace"), f"{quote(client.arrivals.trace)} {instants_s}"))
            else:
                arrivals = client.arrivals.model_copy(update={"instants_s": instants_s})
                clients[name] = client.model_copy(update={"arrivals": arrivals})
        return scenario.model_copy(update={"clients": clients}), found

    def _instants_s(self, file: str) -> tuple[float, ...] | _TraceError:
        if file not in self._read:
            try:
                self._read[file] = _load(self.folder / file)
            except _TraceError as unusable:
                self._read[file] = unusable
        return self._read[file]
