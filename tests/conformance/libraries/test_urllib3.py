"""urllib3 itself beside the presets of it; requests, which is urllib3 with other numbers."""

from __future__ import annotations

import pytest
from scripted import End

from sim.presets import transport_presets

urllib3 = pytest.importorskip("urllib3")
requests = pytest.importorskip("requests")
REFUSED = End(0.0, "refused")


@pytest.fixture(autouse=True)
def _virtual(clock, dice, monkeypatch):
    monkeypatch.setattr("urllib3.util.retry.time", clock)
    monkeypatch.setattr("urllib3.util.retry.random", dice)


@pytest.fixture(name="refused")
def _refused(clock, monkeypatch):
    """Let every connect of urllib3 fail; return the list of their instants."""
    starts_s = []

    def connect(*_, **__):
        starts_s.append(clock.now_s)
        raise ConnectionRefusedError

    monkeypatch.setattr("urllib3.util.connection.create_connection", connect)
    return starts_s


@pytest.mark.parametrize(
    ("preset", "retries"),
    [
        ("urllib3", None),
        ("urllib3-retry", urllib3.Retry(3, backoff_factor=0.1)),
        ("urllib3-retry-jitter", urllib3.Retry(10, backoff_factor=0.1, backoff_jitter=0.5)),
    ],
)
def test_failed_connects(refused, ours, dice, preset, retries):
    """The instants of the connects are the library's, draw for draw; its first pause is 0 and draws nothing."""
    with urllib3.PoolManager() as pool, pytest.raises(urllib3.exceptions.MaxRetryError):
        pool.request("GET", "http://127.0.0.1:9/", retries=retries)
    mine = ours(preset, [REFUSED], draw=lambda n: dice.draw(n - 1))
    assert mine.starts_s == pytest.approx(refused)


@pytest.mark.parametrize("status", [413, 429, 500, 502, 503, 504])
@pytest.mark.parametrize("asked_s", [None, 2])
def test_a_status_is_repeated_only_where_the_server_asks(server, ours, status, asked_s):
    """413, 429 and 503 with a Retry-After are tried again after exactly that long; all else is an answer."""
    server.script = [(status, {} if asked_s is None else {"retry-after": str(asked_s)})]
    with urllib3.PoolManager() as pool:
        try:
            pool.request("GET", server.url)
        except urllib3.exceptions.MaxRetryError:
            assert asked_s is not None
    mine = ours("urllib3", [End(0.0, "status", status, retry_after_s=asked_s)])
    assert mine.starts_s == pytest.approx(server.starts_s)


def test_requests_makes_one_attempt(refused, ours):
    """A failed connect is final."""
    with requests.Session() as session, pytest.raises(requests.ConnectionError):
        session.get("http://127.0.0.1:9/")
    assert ours("requests", [REFUSED]).starts_s == refused == [0.0]


def test_requests_takes_a_status_as_an_answer(server, ours):
    """503 with a Retry-After as well."""
    server.script = [(503, {"retry-after": "2"})]
    with requests.Session() as session:
        assert session.get(server.url).status_code == 503
    assert ours("requests", [End(0.0, "status", 503, retry_after_s=2.0)]).starts_s == server.starts_s == [0.0]


def test_their_limits(refused):
    """Neither has a timeout; the pools of the transports are the libraries' defaults."""
    presets = transport_presets()
    with urllib3.PoolManager() as pool:
        one = pool.connection_from_url("http://127.0.0.1:9/")
        assert urllib3.Timeout.resolve_default_timeout(one.timeout.connect_timeout) is one.timeout.read_timeout is None
        assert (presets["urllib3"]["idle_max"], presets["urllib3"]["idle_per_host_max"]) == (
            pool.pools._maxsize,
            one.pool.maxsize,
        )
    adapter = requests.adapters.HTTPAdapter()
    assert presets["requests"]["idle_per_host_max"] == adapter._pool_maxsize
    assert presets["requests"]["idle_max"] == adapter._pool_connections * adapter._pool_maxsize
    timeouts = ("dial_timeout", "tls_timeout", "read_timeout", "total_timeout")
    assert [presets[name][timeout] for name in ("urllib3", "requests") for timeout in timeouts] == [None] * 8
