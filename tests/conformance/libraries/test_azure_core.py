"""azure-core itself beside the preset of it."""

from __future__ import annotations

import types

import pytest
from scripted import End

policies = pytest.importorskip("azure.core.pipeline.policies")
pipeline = pytest.importorskip("azure.core.pipeline")
rest = pytest.importorskip("azure.core.rest")
exceptions = pytest.importorskip("azure.core.exceptions")


class Transport:
    """Stands for the network: every request ends as told, at an instant of the clock."""

    def __init__(self, clock, end):
        self.starts_s, self._clock, self._end = [], clock, end
        self.sleep = clock.sleep

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def send(self, request, **_):
        self.starts_s.append(self._clock.now_s)
        if isinstance(self._end, Exception):
            raise self._end
        status, headers = self._end
        return types.SimpleNamespace(status_code=status, headers=headers, http_request=request)


def theirs(clock, end, method="GET"):
    """Return the instants of the tries of one request that always ends as told."""
    transport = Transport(clock, end)
    with pipeline.Pipeline(transport, [policies.RetryPolicy()]) as line:
        try:
            line.run(rest.HttpRequest(method, "https://nowhere.test/"))
        except exceptions.AzureError:
            assert isinstance(end, Exception)
    return transport.starts_s


@pytest.mark.parametrize(("error", "result"), [("ServiceRequestError", "refused"), ("ServiceResponseError", "timeout")])
def test_failed_connects_and_reads(clock, ours, error, result):
    """Three retries: at once, after 1.6 s, after 3.2 s."""
    seen = theirs(clock, getattr(exceptions, error)("no"))
    assert ours("azure-python", [End(0.0, result)]).starts_s == pytest.approx(seen)


@pytest.mark.parametrize("status", [400, 404, 408, 409, 429, 500, 501, 502, 503, 504, 505, 507, 511])
def test_statuses(clock, ours, status):
    """The statuses that are tried again are the library's."""
    assert ours("azure-python", [End(0.0, "status", status)]).starts_s == pytest.approx(theirs(clock, (status, {})))


@pytest.mark.parametrize("status", [404, 429, 503])
def test_a_retry_after_wins_whatever_the_status(clock, ours, status):
    """The server's wish is the pause, and makes any error worth a retry."""
    seen = theirs(clock, (status, {"Retry-After": "7"}))
    assert ours("azure-python", [End(0.0, "status", status, retry_after_s=7.0)]).starts_s == pytest.approx(seen)
