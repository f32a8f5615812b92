"""A request is rendered once, as HTTP/1.1 has it, and nothing can be smuggled into it."""

from __future__ import annotations

import pytest

from chaos.transport import Target
from sim.errors import UsageError


def test_a_url_says_where():
    """Scheme, host, port, path and query of a URL; ports as the schemes have them."""
    assert Target.at("https://api.example/v1?x=1") == Target("api.example", 443, "/v1?x=1", secure=True)
    assert Target.at("http://[::1]:8080", method="PUT") == Target("::1", 8080, "/", "PUT")


def test_a_request():
    """Host and length are added where they are missing; IPv6 addresses stand in brackets."""
    assert Target("::1", 80).request(keep_alive=True) == b"GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"
    put = Target("api", 80, "/x", "PUT", {"host": "other"}, body_bytes=2).request(keep_alive=False)
    assert put == b"PUT /x HTTP/1.1\r\nhost: other\r\nConnection: close\r\nContent-Length: 2\r\n\r\nxx"


WRONG = [
    {"method": "HEAD"},
    {"path": "no/slash"},
    {"path": "/with space"},
    {"headers": {"X": "one\r\nInjected: two"}},
    {"headers": {"X:": "colon"}},
    {"port": 0},
    {"host": "two words"},
]


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_what_is_no_request(wrong):
    """What cannot be sent as it stands is refused with what is accepted."""
    with pytest.raises(UsageError, match="accepted: "):
        Target(**({"host": "api", "port": 80} | wrong))


@pytest.mark.parametrize("url", ["ftp://api/", "api:80", "http://"])
def test_what_is_no_url(url):
    """Only http and https with a host."""
    with pytest.raises(UsageError, match="accepted: http://"):
        Target.at(url)
