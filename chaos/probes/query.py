"""A probe that is a query of the environment's Prometheus: one number, or nothing known.

Source of the answer's form: Prometheus HTTP API, "Instant queries" and "Expression query result formats"
(prometheus.io/docs/prometheus/latest/querying/api).
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any
from urllib.parse import quote

from chaos.binding.model import Prometheus
from chaos.binding.probes import RealProbe
from chaos.probes.get import Get, NoAnswer
from chaos.probes.reading import Reading, known, unknown

__all__ = ["QueryProbe", "number_of"]

TOKEN_MAX_BYTES = 65_536  # a service account's token has about 1 KB
SAID_MAX = 200  # characters of what the server says of a query that it refuses


class QueryProbe:
    """Asks one query. The token is read anew each time, since clusters renew it; it is in no reading and no error."""

    def __init__(self, probe: RealProbe, prometheus: Prometheus) -> None:
        assert probe.query is not None, "a real probe is a query or a command"
        self._probe, self._token_file = probe, prometheus.token_file
        self._path = f"/api/v1/query?query={quote(probe.query, safe='')}"
        self._get = Get(prometheus.url, probe.limit)

    def read(self, now_s: float) -> Reading:
        """Return the query's number; unknown where there is no answer in time, none, NaN, or more than one."""
        try:
            value = number_of(*self._get.answer(self._path, self._headers()))
        except NoAnswer as error:
            return unknown(str(error), now_s)
        return known(value, now_s, holds=self._holds(value))

    def abort(self) -> None:
        """End a question that is under way."""
        self._get.abort()

    def _holds(self, value: float) -> bool:
        probe = self._probe
        return value >= probe.at_least if probe.at_least is not None else value <= (probe.at_most or 0.0)

    def _headers(self) -> dict[str, str]:
        headers = {"Accept": "application/json"}
        if self._token_file is not None:
            headers["Authorization"] = f"Bearer {_token(self._token_file)}"
        return headers


def _token(path: str) -> str:
    try:
        with Path(path).expanduser().open("rb") as file:
            token = file.read(TOKEN_MAX_BYTES).strip()
    except OSError as error:
        raise NoAnswer(f"prometheus.token_file cannot be read: {error.strerror}") from None
    if not token or not all(0x21 <= byte <= 0x7E for byte in token):
        raise NoAnswer("prometheus.token_file: holds no token; accepted: one line of visible characters")
    return token.decode("ascii")


def number_of(status: int, body: bytes) -> float:
    """Return the one number of an answer. Raises NoAnswer, which says what stands there instead."""
    if 300 <= status < 400:
        raise NoAnswer(f"Prometheus answered {status}: redirects are not followed; give the final address")
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        raise NoAnswer(f"Prometheus answered {status} and no JSON") from None
    if status != 200 or not isinstance(answer, dict) or answer.get("status") != "success":
        raise NoAnswer(f"Prometheus answered {status}{_said(answer)}")
    try:
        return _number(answer["data"]["resultType"], answer["data"]["result"])
    except (KeyError, TypeError, ValueError, IndexError):
        raise NoAnswer("Prometheus answered in a form that is not its API's") from None


def _number(kind: str, result: list[Any]) -> float:
    if kind not in ("vector", "scalar"):
        raise NoAnswer(f"the query gives a {kind[:20]}; accepted: a vector of one element, or a scalar")
    if kind == "vector" and len(result) != 1:
        raise NoAnswer(f"the query gives {len(result) or 'no'} series; accepted: exactly one")
    value = float(result[1] if kind == "scalar" else result[0]["value"][1])
    if math.isnan(value):
        raise NoAnswer("the query gives NaN")
    return value


def _said(answer: Any) -> str:
    """Return what the server says is wrong with the query, in a few words."""
    said = answer.get("error") if isinstance(answer, dict) else None
    return f": {said[:SAID_MAX]}" if isinstance(said, str) else ""
