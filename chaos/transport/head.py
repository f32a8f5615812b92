"""The head of an answer, looked at only where it matters: after an error, or when a connection ends.

To hear of every header of every answer would cost a tenth of a call; most answers are good and say how long they are.
"""

from __future__ import annotations

from collections.abc import Iterator

from chaos.transport.wishes import WISHES

__all__ = ["ends_with_connection", "has_ended", "wished_s"]

_END = b"\r\n\r\n"
_FRAMES = (b"content-length", b"transfer-encoding")


def has_ended(data: bytes) -> bool:
    """Tell whether data holds the end of an answer's headers (those of interim answers, 1xx, do not count)."""
    return _final(data)[1]


def ends_with_connection(data: bytes) -> bool:
    """Tell whether the answer that begins so has no length of its own, so that the connection's end is its end.

    Source: RFC 9112 section 6.3, rule 8.
    """
    head, ended = _final(data)
    return ended and all(name not in _FRAMES for name, _ in _headers(head))


def wished_s(data: bytes) -> float | None:
    """Return the pause that an answer asks for, in seconds; None if it asks for none."""
    for name, value in _headers(_final(data)[0]):
        reads = WISHES.get(name)
        if reads is not None:
            return reads(value)
    return None


def _final(data: bytes) -> tuple[bytes, bool]:
    """Return the head of the first answer that is no interim one, and whether it is whole."""
    while True:
        head, end, rest = data.partition(_END)
        if not end or head[9:10] != b"1":  # "HTTP/1.1 103 …"
            return head, bool(end)
        data = rest


def _headers(head: bytes) -> Iterator[tuple[bytes, bytes]]:
    for line in head.split(b"\r\n")[1:]:
        name, colon, value = line.partition(b":")
        if colon:
            yield name.strip().lower(), value
