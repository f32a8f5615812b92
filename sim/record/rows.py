"""The shape of what happened. Times are seconds since the plan began (warm-up has t < 0), durations in seconds.

A journal holds four tables: calls (one row per finished call), attempts (only when traced), events and samples.
Names are interned: `client` and `service` are indices into `RunInfo.clients` / `RunInfo.services`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sim.policy.steps import CANCELLED, FAILURES

__all__ = ["ATTEMPT", "CALL", "OUTCOMES", "REAL_CALL", "REASONS", "UNSENT", "Event", "Sample", "call_columns"]

OUTCOMES: tuple[str, ...] = ("ok", "failed", "unknown")
UNSENT = "unsent"
"""The reason of a call that a real generator did not make because too many were in flight: no attempt, no blame."""
REASONS: tuple[str, ...] = ("ok", *FAILURES, CANCELLED, UNSENT)

CALL = np.dtype(
    [
        ("t_s", "f8"),  # start of the call
        ("took_s", "f8"),
        ("number", "u4"),  # the client's n-th call, from 0, warm-up included
        ("client", "u2"),
        ("service", "u2"),
        ("attempts", "u4"),  # a retry without limit at 1 ms an attempt passes 65,535 within 66 s
        ("outcome", "u1"),  # index into OUTCOMES
        ("reason", "u1"),  # index into REASONS: how the last attempt ended
    ]
)  # 30 bytes a row

REAL_CALL = np.dtype(
    [
        *CALL.descr,  # of a real run: `t_s` is the planned moment, and `took_s` counts from it
        ("planned_s", "f8"),  # when the call should have begun
        ("sent_s", "f8"),  # when it did; later is the generator's lag, NaN: it was not made
    ]
)


def call_columns(source: str) -> np.dtype[Any]:
    """Return the columns of the calls of a run by its source: `sim` or `real`."""
    return REAL_CALL if source == "real" else CALL


ATTEMPT = np.dtype(
    [
        ("t_s", "f8"),
        ("connect_s", "f8"),  # NaN where a pooled connection was reused or none came about
        ("took_s", "f8"),
        ("number", "u4"),
        ("client", "u2"),
        ("attempt", "u4"),  # from 0 within the call
        ("endpoint", "i4"),  # index into RunInfo.endpoints, −1 if none was chosen
        ("reused", "u1"),
        ("result", "u1"),  # index into REASONS
    ]
)


class Event(NamedTuple):
    """Something that happened to a subject (`node/styx`, `pod/apps-3`, `fault/route-flap`, `cluster`)."""

    t_s: float
    kind: str
    subject: str
    detail: dict[str, Any]
    planned_s: float | None = None


class Sample(NamedTuple):
    """A gauge that changed: `value` holds from `t_s` until the next sample of the same (metric, subject)."""

    t_s: float
    metric: str
    subject: str
    value: float
