"""What the head of an answer says, where it matters: the wish for a pause, and whether the connection ends it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.transport.head import ends_with_connection, has_ended, wished_s

HEADS = [
    (b"HTTP/1.1 503 no\r\nRetry-After: 7\r\n\r\n", True, True, 7.0),
    (b"HTTP/1.1 503 no\r\nX-AMZ-Retry-After: 250\r\nContent-Length: 0\r\n\r\n", True, False, 0.25),
    (b"HTTP/1.1 200 ok\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", True, False, None),
    (b"HTTP/1.1 200 ok\r\n\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", True, True, None),
    (b"HTTP/1.1 103 hints\r\nContent-Length: 1\r\n\r\nHTTP/1.1 429 no\r\nretry-after:1\r\n\r\n", True, True, 1.0),
    (b"HTTP/1.1 103 hints\r\n\r\nHTTP/1.1 200 o", False, False, None),
    (b"HTTP/1.1 200 ok\r\nContent-Len", False, False, None),
    (b"", False, False, None),
]


@pytest.mark.parametrize(("data", "ended", "open_ended", "wish"), HEADS, ids=lambda value: repr(value)[:30])
def test_heads(data, ended, open_ended, wish):
    """Headers end at the first empty line of the final answer; what stands in a body is no header."""
    assert (has_ended(data), ends_with_connection(data), wished_s(data)) == (ended, open_ended, wish)


@given(st.binary(max_size=80))
def test_any_bytes_may_come(data):
    """Nothing that a server sends breaks the reader of heads."""
    assert ends_with_connection(data) <= has_ended(data)
    wished_s(data)
