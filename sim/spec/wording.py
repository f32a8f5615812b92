"""The words of an error: what was given as it stands in the file, and what was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

__all__ = ["did_you_mean", "listed", "quote", "unknown"]

_LONGEST = 60  # characters of the file that an error quotes
_MOST = 24  # names that an error lists


def _flow(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in list(value.items())[:_MOST]) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_flow(item) for item in value[:_MOST]) + "]"
    return str(value)


def quote(value: Any) -> str:
    """Return a value as a person wrote it, in quotes if it is a scalar, cut to one line of 60 characters."""
    text = " ".join(_flow(value).split())
    if len(text) > _LONGEST:
        text = text[: _LONGEST - 1] + "…"
    return text if value is None or isinstance(value, dict | list | tuple) else f"'{text}'"


def listed(names: Iterable[str]) -> str:
    """Return names as a list for a sentence; what is too much is counted."""
    names = tuple(names)
    if not names:
        return "none"
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return ", ".join(names[:_MOST]) + more


def did_you_mean(given: Any, known: Iterable[str]) -> str:
    """Return ` did you mean X?` with a leading space if one of the known names is close, else nothing."""
    return _meant(str(given)[:_LONGEST], tuple(known))


@lru_cache(maxsize=1024)  # options repeat the mistakes of the base
def _meant(text: str, known: tuple[str, ...]) -> str:
    close = get_close_matches(text.lower().replace("_", "-"), [name.replace("_", "-") for name in known], 1, 0.6)
    match = next((name for name in known if close and name.replace("_", "-") == close[0]), None)
    return f" did you mean {match}?" if match is not None else ""


def unknown(given: Any, what: str, known: Iterable[str]) -> str:
    """Return `'nodeloss' is no fault; did you mean node_loss? known: …`."""
    known = tuple(known)
    meant = did_you_mean(given, known)
    return f"{quote(given)} is no {what};{meant} known: {listed(known)}"
