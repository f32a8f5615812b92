"""Stripe's library itself beside the preset of it."""

from __future__ import annotations

import pytest
from scripted import End

client = pytest.importorskip("stripe._http_client")
stripe = pytest.importorskip("stripe")


@pytest.fixture(name="theirs")
def _theirs(clock, dice, monkeypatch):
    monkeypatch.setattr(client, "time", clock)
    monkeypatch.setattr(client, "random", dice)

    def run(end):
        starts_s = []

        class Scripted(client.HTTPClient):
            def request(self, *_, **__):
                starts_s.append(clock.now_s)
                if isinstance(end, Exception):
                    raise end
                return "", end, {}

        try:
            Scripted().request_with_retries("get", "/", {}, max_network_retries=stripe.max_network_retries)
        except stripe.APIConnectionError:
            assert isinstance(end, Exception)
        return starts_s

    return run


@pytest.mark.parametrize("status", [400, 404, 409, 429, 500, 502, 503, 504])
def test_statuses(theirs, ours, dice, status):
    """The same statuses are tried again, at the same instants, draw for draw."""
    mine = ours("stripe-python", [End(0.0, "status", status)], draw=dice.draw)
    assert mine.starts_s == pytest.approx(theirs(status))


def test_failed_connects(theirs, ours, dice):
    """Two retries, at least half a second apart."""
    seen = theirs(stripe.APIConnectionError("no", should_retry=True))
    assert ours("stripe-python", [End(0.0, "refused")], draw=dice.draw).starts_s == pytest.approx(seen)
