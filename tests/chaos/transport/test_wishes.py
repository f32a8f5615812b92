"""A server's wish for a pause, in the three forms that clients know."""

from __future__ import annotations

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.clock import wall_s
from chaos.transport.wishes import WISHES, retry_after_s

FORMS = [
    (b"retry-after", b"120", 120.0),
    (b"retry-after", b" 0 ", 0.0),
    (b"retry-after", b"Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
    (b"retry-after", b"soon", None),
    (b"retry-after", b"9" * 5000, None),
    (b"x-amz-retry-after", b"1500", 1.5),
    (b"x-amz-retry-after", b"-1", None),
    (b"grpc-retry-pushback-ms", b"250", 0.25),
    (b"grpc-retry-pushback-ms", b"-1", -1.0),
    (b"grpc-retry-pushback-ms", b"soon", -1.0),
]


@pytest.mark.parametrize(("name", "value", "seconds"), FORMS, ids=repr)
def test_each_form(name, value, seconds):
    """Seconds or a date, AWS's milliseconds, gRPC's milliseconds of which a negative number means never."""
    assert WISHES[name](value) == seconds


def test_a_date_is_held_against_the_wall_clock():
    """An HTTP date in ten minutes is a pause of ten minutes, to the second that such a date has."""
    until_s = retry_after_s(formatdate(wall_s() + 600, usegmt=True).encode())
    assert until_s is not None
    assert 590 <= until_s <= 600


@given(st.binary(max_size=60))
def test_anything_may_stand_there(value):
    """No bytes of a server can break the client: each is a finite number, or no wish."""
    for name, reads in WISHES.items():
        seconds = reads(value)
        assert seconds is None or -1.0 <= seconds < 1e12, name
