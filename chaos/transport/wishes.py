"""What a server wishes the client to wait: the headers that say so, in seconds."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import parsedate_to_datetime

from chaos.clock import wall_s

__all__ = ["WISHES", "retry_after_s"]

NEVER_S = -1.0
"""A push-back that asks for no retry at all."""


def retry_after_s(value: bytes) -> float | None:
    """Return the seconds of a `Retry-After`: a whole number, or the time until an HTTP date; None if it is neither.

    Source: RFC 9110 section 10.2.3.
    """
    seconds = _whole(value)
    return float(seconds) if seconds is not None else _until_s(value.decode("latin-1"))


def _until_s(date: str) -> float | None:
    try:
        return max(0.0, parsedate_to_datetime(date).timestamp() - wall_s())
    except (ValueError, OverflowError):
        return None


def _whole(value: bytes) -> int | None:
    """Return a number of at most nine digits (31 years in seconds); None if it is no such number."""
    text = value.strip()
    return int(text) if text.isdigit() and len(text) < 10 else None


def _aws_s(value: bytes) -> float | None:
    """Milliseconds. Source: botocore 1.44.8 retries/standard.py."""
    milliseconds = _whole(value)
    return None if milliseconds is None else milliseconds / 1000


def _grpc_s(value: bytes) -> float | None:
    """Milliseconds; negative or unreadable means: do not. Source: gRFC A6, "Pushback"."""
    milliseconds = _whole(value)
    return NEVER_S if milliseconds is None else milliseconds / 1000


WISHES: dict[bytes, Callable[[bytes], float | None]] = {
    b"retry-after": retry_after_s,
    b"x-amz-retry-after": _aws_s,
    b"grpc-retry-pushback-ms": _grpc_s,
}
"""The reader of each header, by its name in lower case."""
