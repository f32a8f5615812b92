"""httpx itself beside the presets of it."""

from __future__ import annotations

import pytest
from scripted import End

from sim.presets import transport_presets

httpx = pytest.importorskip("httpx")
httpcore = pytest.importorskip("httpcore")


def connects(clock, error, **options):
    """Make one request through a network where every connect fails; return the instants of the connects."""
    starts_s = []

    class Backend(httpcore.NetworkBackend):
        def connect_tcp(self, *_, **__):
            starts_s.append(clock.now_s)
            raise error("no way")

        def sleep(self, seconds):
            clock.sleep(seconds)

    transport = httpx.HTTPTransport(**options)
    transport._pool._network_backend = Backend()
    with httpx.Client(transport=transport) as client, pytest.raises((httpx.ConnectError, httpx.ConnectTimeout)):
        client.get("http://nowhere.test/")
    return starts_s


@pytest.mark.parametrize(("preset", "retries"), [("httpx", 0), ("httpx-retries", 3)])
@pytest.mark.parametrize(("error", "result"), [("ConnectError", "refused"), ("ConnectTimeout", "dial_timeout")])
def test_connects_are_repeated_as_told(clock, ours, preset, retries, error, result):
    """Three more connects, the first at once; none without `retries`."""
    theirs = connects(clock, getattr(httpcore, error), retries=retries)
    assert ours(preset, [End(0.0, result)]).starts_s == theirs


def test_a_bad_status_is_an_answer(clock, server, ours):
    """503 is handed to the caller by both."""
    with httpx.Client(transport=httpx.HTTPTransport(retries=3), trust_env=False) as client:
        assert client.get(server.url).status_code == 503
    assert ours("httpx-retries").starts_s == server.starts_s == [0.0]


def test_its_limits():
    """The timeouts and the pool of the transport are the library's defaults."""
    preset = transport_presets()["httpx"]
    with httpx.Client() as client:
        pool = client._transport._pool
        shown = {f"{seconds:g}s" for seconds in client.timeout.as_dict().values()}
    assert shown == {preset["dial_timeout"]} == {preset["read_timeout"]}
    assert preset["per_host_max"] == pool._max_connections
    assert (preset["idle_max"], preset["idle_timeout"]) == (
        pool._max_keepalive_connections,
        f"{pool._keepalive_expiry:g}s",
    )
