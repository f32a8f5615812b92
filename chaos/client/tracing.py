"""The rows of single attempts in real time, written only when a run is traced."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chaos.client.call import Call
from chaos.transport import Attempt
from sim.policy.steps import Reply
from sim.record import REASONS

__all__ = ["Tracer"]

_REASON = {name: code for code, name in enumerate(REASONS)}


class Tracer:
    """Writes attempts. `endpoints` is the journal's list of peers; a row holds an index into it."""

    def __init__(self, take: Callable[[tuple[Any, ...]], None], endpoints: list[str]) -> None:
        self._take, self._endpoints = take, endpoints
        self._index: dict[str, int] = {"": -1}

    def attempt(self, client: int, call: Call, attempt: Attempt, reply: Reply) -> None:
        """Write one attempt."""
        peer = attempt.address
        if peer not in self._index:
            self._index[peer] = len(self._endpoints)
            self._endpoints.append(peer)
        self._take((
            attempt.began_s, attempt.connect_s, reply.took_s, call.number, client, attempt.number,
            self._index[peer], int(reply.reused), _REASON[reply.result],
        ))  # fmt: skip
