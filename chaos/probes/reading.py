"""What a probe reads at one moment, and what that says about its bound."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

__all__ = ["Reading", "Verdict", "known", "unknown"]

Verdict = Literal["held", "broken", "unknown"]


class Reading(NamedTuple):
    """One reading. `value`: in the probe's unit, NaN where there is none; `why`: in words, where that needs words.

    `at_s`: the run second that the reading speaks of. Of what a cluster last confirmed a while ago that is then.
    """

    value: float
    verdict: Verdict
    at_s: float
    why: str = ""

    def age_s(self, now_s: float) -> float:
        """Return how many seconds ago the reading was true; never below 0."""
        return max(0.0, now_s - self.at_s)


def known(value: float, at_s: float, *, holds: bool) -> Reading:
    """Return a reading that is within its bound, or beyond it."""
    return Reading(value, "held" if holds else "broken", at_s)


def unknown(why: str, at_s: float) -> Reading:
    """Return what stands where nothing could be read: neither held nor broken.

    The words may quote a server, and people see them in a terminal: what is not printable becomes �.
    """
    flat = " ".join(why.split())
    return Reading(math.nan, "unknown", at_s, "".join(each if each.isprintable() else "�" for each in flat))
