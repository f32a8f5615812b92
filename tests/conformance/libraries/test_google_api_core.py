"""google-api-core itself beside the preset of it."""

from __future__ import annotations

import pytest
from scripted import End

retry = pytest.importorskip("google.api_core.retry")
exceptions = pytest.importorskip("google.api_core.exceptions")


@pytest.mark.parametrize("took_s", [0.0, 7.0, 50.0])
def test_two_minutes_of_full_jitter(clock, dice, monkeypatch, tries, ours, took_s):
    """Draw for draw the same tries; a pause that would end after two minutes ends the call."""
    for module in ("retry_base", "retry_unary"):
        monkeypatch.setattr(f"google.api_core.retry.{module}.time", clock)
    monkeypatch.setattr("google.api_core.retry.retry_base.random", dice)
    failing = tries(lambda: exceptions.ServiceUnavailable("no"), took_s)
    with pytest.raises(exceptions.RetryError):
        retry.Retry()(failing)()
    mine = ours("google-api-core", [End(took_s, "status", 503)], draw=dice.draw)
    assert mine.starts_s == pytest.approx(failing.starts_s)


@pytest.mark.parametrize("status", [400, 404, 409, 429, 500, 502, 503, 504])
def test_which_statuses_are_transient(ours, status):
    """What the library's predicate calls transient is what the preset tries again."""
    again = retry.if_transient_error(exceptions.from_http_status(status, "no"))
    mine = ours("google-api-core", [End(0.0, "status", status), End()])
    assert len(mine.starts_s) == 1 + again
