from __future__ import annotations

import socket
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from chaos.lab.parts import Parts

from .conftest import ENDS_WITHIN_S, Running, Start, run


def wait_for(reached: Callable[[], bool]) -> None:
    """Wait until something is so; fail if it never is."""
    for _ in range(ENDS_WITHIN_S * 100):
        if reached():
            return
        time.sleep(0.01)
    pytest.fail("it never came to that")


def waits(service: Running, in_flight: int, waiting: int) -> Callable[[], bool]:
    """Return a question: does the service have this many requests at work and in the queue?"""

    def ask() -> bool:
        told = service.metrics()
        return (told["http_requests_in_flight"], told["http_requests_waiting"]) == (in_flight, waiting)

    return ask


def test_a_service_without_settings_answers_at_once(start: Start) -> None:
    """By default a service has no latency, no errors and no limits, and is ready."""
    service = start()
    assert service.get("/") == (200, "..")
    assert service.get("/any/path") == (200, "..")
    assert service.get("/healthz") == (200, "ok\n")


def test_an_answer_has_its_size(start: Start) -> None:
    """REPLY_BYTES is the size of the body."""
    assert len(start(REPLY_BYTES="5000").get()[1]) == 5000


def test_a_fixed_latency_is_a_lower_bound(start: Start) -> None:
    """No answer comes before the latency has passed."""
    service = start(LATENCY="200ms")
    before_s = time.monotonic()
    assert service.get()[0] == 200
    assert time.monotonic() - before_s >= 0.2
    told = service.metrics()
    assert told['http_request_duration_seconds_bucket{le="0.1"}'] == 0
    assert told["http_request_duration_seconds_sum"] >= 0.2


def test_a_lognormal_latency_has_its_median_and_its_tail(start: Start) -> None:
    """Half of the draws are above p50 and some are far above; a busy machine only adds."""
    service = start(LATENCY="lognormal:5ms:50ms")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: service.get(), range(200)))
    told = service.metrics()
    below_p50, below_5_p50 = (told[f'http_request_duration_seconds_bucket{{le="{le}"}}'] for le in ("0.005", "0.025"))
    assert below_p50 <= 135  # half of 200, and 5 standard deviations of 7.1
    assert below_5_p50 < 200  # 5.2 % are above 5·p50 = exp(1.63·0.99): none in 200 once in 40,000


@pytest.mark.parametrize(("share", "least", "most"), [("0", 0, 0), ("1", 200, 200), ("0.5", 64, 136)])
def test_errors_have_their_share(start: Start, share: str, least: int, most: int) -> None:
    """ERROR_SHARE of the requests get a 500 (0.5: within 5 standard deviations of 7.1)."""
    service = start(ERROR_SHARE=share)
    with ThreadPoolExecutor(8) as pool:
        statuses = Counter(pool.map(lambda _: service.get()[0], range(200)))
    assert least <= statuses[500] <= most
    assert statuses[200] + statuses[500] == 200


def test_the_queue_has_a_limit(start: Start) -> None:
    """With one worker and a queue of one, a third request gets 503 at once; health and metrics need no worker."""
    service = start(AT_ONCE="1", QUEUE="1", LATENCY="2s")
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(service.get)
        wait_for(waits(service, 1, 0))
        second = pool.submit(service.get)
        wait_for(waits(service, 1, 1))
        assert service.get()[0] == 503
        assert service.get("/healthz")[0] == 200
        assert [first.result()[0], second.result()[0]] == [200, 200]
    told = service.metrics()
    assert (told['http_requests_total{code="200"}'], told['http_requests_total{code="503"}']) == (2, 1)
    assert waits(service, 0, 0)()


def test_without_a_queue_only_the_workers_take_requests(start: Start) -> None:
    """QUEUE=0: whoever finds no free worker is sent away."""
    service = start(AT_ONCE="1", QUEUE="0", LATENCY="1s")
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(service.get)
        wait_for(waits(service, 1, 0))
        assert service.get()[0] == 503
        assert first.result()[0] == 200


def test_requests_are_served_in_their_order(start: Start) -> None:
    """One worker takes the queue first come, first served."""
    service = start(AT_ONCE="1", LATENCY="400ms")
    done: list[int] = []
    with ThreadPoolExecutor(3) as pool:
        futures: list[Future[tuple[int, str]]] = []
        for number in range(3):
            futures.append(pool.submit(service.get))
            futures[-1].add_done_callback(lambda _, number=number: done.append(number))  # type: ignore[misc]
            wait_for(lambda number=number: sum(_inside(service)) >= number + 1 or len(done) > 0)  # type: ignore[misc]
    assert done == [0, 1, 2]


def _inside(service: Running) -> tuple[float, float]:
    told = service.metrics()
    return told["http_requests_in_flight"], told["http_requests_waiting"]


def test_a_caller_that_gives_up_is_served_all_the_same(start: Start) -> None:
    """Work goes on when nobody waits for it any more: what keeps retry storms alive."""
    service = start(LATENCY="300ms")
    with socket.create_connection(("127.0.0.1", service.port)) as caller:
        caller.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        wait_for(waits(service, 1, 0))
    wait_for(lambda: service.metrics().get('http_requests_total{code="200"}') == 1)


def test_a_dependency_is_called_for_each_request(start: Start) -> None:
    """A request calls the dependency; its answer decides between 200 and 502."""
    good, bad = start(), start(ERROR_SHARE="1")
    assert start(DEPENDENCY=good.url).get()[0] == 200
    caller = start(DEPENDENCY=bad.url)
    assert caller.get()[0] == 502
    assert good.metrics()['http_requests_total{code="200"}'] == 1
    assert caller.metrics()['dependency_requests_total{code="502"}'] == 1


def test_a_dependency_that_is_silent_or_gone(start: Start, closed_port: int) -> None:
    """A dependency without an answer in time makes it 504, one that nobody serves 502."""
    slow = start(LATENCY="5s")
    assert start(DEPENDENCY=slow.url, DEPENDENCY_TIMEOUT="100ms").get()[0] == 504
    assert start(DEPENDENCY=f"http://127.0.0.1:{closed_port}/").get()[0] == 502


def test_own_errors_come_before_the_dependency(start: Start) -> None:
    """A request that fails by itself calls nobody."""
    behind = start()
    assert start(DEPENDENCY=behind.url, ERROR_SHARE="1").get()[0] == 500
    assert 'http_requests_total{code="200"}' not in behind.metrics()


def test_the_histogram_counts_every_answer(start: Start) -> None:
    """Buckets are cumulative and end at the number of answers."""
    service = start(LATENCY="3ms")
    for _ in range(5):
        service.get()
    told = service.metrics()
    buckets = [value for name, value in told.items() if name.startswith("http_request_duration_seconds_bucket")]
    assert buckets == sorted(buckets)
    assert buckets[0] == 0
    assert buckets[-1] == told["http_request_duration_seconds_count"] == 5


def test_it_writes_nothing_per_request_and_stops_at_sigterm(start: Start) -> None:
    """Requests leave no line; SIGTERM ends it with exit code 0."""
    service = start()
    for _ in range(3):
        service.get()
    assert service.stop() == (0, "", "")


def test_what_is_in_flight_at_sigterm_is_answered(start: Start) -> None:
    """A stop waits for the requests that are being served."""
    service = start(LATENCY="700ms")
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(service.get)
        wait_for(waits(service, 1, 0))
        assert service.stop() == (0, "", "")
        assert answer.result() == (200, "..")


def test_what_takes_longer_than_the_limit_is_cut_off(start: Start) -> None:
    """After DRAIN_LIMIT a stop waits no longer, says so, and fails."""
    service = start(LATENCY="60s", DRAIN_LIMIT="100ms")
    with socket.create_connection(("127.0.0.1", service.port)) as caller:
        caller.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        wait_for(waits(service, 1, 0))
        assert service.stop() == (1, "", "requests still in flight after 100ms are cut off\n")


def test_while_it_drains_it_serves_but_is_not_ready(start: Start) -> None:
    """For DRAIN_DELAY after SIGTERM the probe fails and requests are served: time for the endpoints to change."""
    service = start(DRAIN_DELAY="3s")
    service.process.terminate()
    wait_for(lambda: service.get("/healthz")[0] == 503)
    assert service.get() == (200, "..")
    assert service.process.wait(timeout=ENDS_WITHIN_S) == 0


def test_every_wrong_setting_is_told_at_once(workloads: Parts) -> None:
    """Wrong variables end it with code 2 and a line for each."""
    wrong = {"LATENCY": "fast", "ERROR_SHARE": "2", "AT_ONCE": "-1", "QUEUE": "many", "DEPENDENCY": "b:8080"}
    process = run(workloads.path("service"), **wrong)
    out, err = process.communicate(timeout=ENDS_WITHIN_S)
    assert (process.returncode, out) == (2, "")
    assert err.splitlines() == [
        'LATENCY="fast": is no duration such as 250ms or 5s',
        'ERROR_SHARE="2": is no share between 0 and 1',
        'AT_ONCE="-1": is no whole number from 0 on',
        'QUEUE="many": is no whole number from -1 on',
        'DEPENDENCY="b:8080": is no URL such as http://host:8080/',
    ]


@pytest.mark.parametrize("latency", ["lognormal:5ms", "lognormal:5ms:1ms", "lognormal:0s:1ms", "normal:5ms:9ms", "-1s"])
def test_a_latency_that_is_none_is_refused(workloads: Parts, latency: str) -> None:
    """A latency is a duration, or a lognormal with 0 < p50 ≤ p99."""
    process = run(workloads.path("service"), LATENCY=latency)
    _, err = process.communicate(timeout=ENDS_WITHIN_S)
    assert process.returncode == 2
    assert err.startswith(f'LATENCY="{latency}": ')


def test_a_port_in_use_ends_it(start: Start, workloads: Parts) -> None:
    """Where another one listens it ends with code 1 and the system's words."""
    process = run(workloads.path("service"), LISTEN=f"127.0.0.1:{start().port}")
    _, err = process.communicate(timeout=ENDS_WITHIN_S)
    assert process.returncode == 1
    assert "address already in use" in err
