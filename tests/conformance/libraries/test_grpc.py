"""gRPC (its C core) itself beside the presets: a real server in this process, small real delays."""

from __future__ import annotations

import contextlib
import itertools
import json
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import fmean

import pytest
from scripted import End

from sim.policy import policy_preset

grpc = pytest.importorskip("grpc")

UNAVAILABLE = End(0.0, "status", 503)
EXAMPLE = {"maxAttempts": 4, "initialBackoff": "0.1s", "maxBackoff": "1s", "backoffMultiplier": 2,
           "retryableStatusCodes": ["UNAVAILABLE"]}  # fmt: skip
THROTTLING = {"maxTokens": 10, "tokenRatio": 0.1}


class Service(grpc.GenericRpcHandler):
    """Answers by a script of (code, push-back in ms or None); the request is the call's number."""

    def __init__(self):
        self.script, self.starts_s = [(grpc.StatusCode.UNAVAILABLE, None)], {}

    def service(self, details):
        return grpc.unary_unary_rpc_method_handler(self._answer)

    def _answer(self, number, context):
        starts_s = self.starts_s.setdefault(number, [])
        code, push_back_ms = self.script[min(len(starts_s), len(self.script) - 1)]
        starts_s.append(time.monotonic())
        if push_back_ms is not None:
            context.set_trailing_metadata((("grpc-retry-pushback-ms", str(push_back_ms)),))
        if code is not grpc.StatusCode.OK:
            context.abort(code, "no")
        return b""


@pytest.fixture(name="service")
def _service():
    return Service()


@pytest.fixture(name="calls")
def _calls(service):
    """Return a maker of channels: `calls(config)(number)` makes a call and waits for its end."""
    server = grpc.server(ThreadPoolExecutor(40), handlers=[service])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    channels = []

    def channel(retry=None, throttling=None):
        config = {"methodConfig": [{"name": [{}], **({} if retry is None else {"retryPolicy": retry})}]}
        config |= {} if throttling is None else {"retryThrottling": throttling}
        options = [("grpc.service_config", json.dumps(config)), ("grpc.use_local_subchannel_pool", 1)]
        channels.append(grpc.insecure_channel(f"127.0.0.1:{port}", options))
        method = channels[-1].unary_unary("/weatherglass.Test/Call")

        def call(number):
            name = str(number).encode()
            with contextlib.suppress(grpc.RpcError):
                method(name, timeout=10)
            return service.starts_s[name]

        return call

    yield channel
    for one in channels:
        one.close()
    server.stop(None).wait()


def gaps_s(starts_s):
    """Return the pauses between tries."""
    return [after - before for before, after in itertools.pairwise(starts_s)]


def test_a_channel_without_a_config_makes_one_attempt(calls, ours):
    """A status is final."""
    assert len(calls()(0)) == len(ours("grpc-no-config", [UNAVAILABLE]).starts_s) == 1


def test_the_example_of_the_documents(calls, ours):
    """Four tries; each pause lies within ± 20 % of 0.1, 0.2 and 0.4 s, as do their means."""
    call = calls(EXAMPLE)
    with ThreadPoolExecutor(20) as callers:
        seen = list(callers.map(call, range(20)))
    nominal = gaps_s(ours("grpc-example", [UNAVAILABLE]).starts_s)
    assert nominal == pytest.approx([0.1, 0.2, 0.4])
    assert {len(starts_s) for starts_s in seen} == {4}
    for retry, pause_s in enumerate(nominal):
        gaps = [gaps_s(starts_s)[retry] for starts_s in seen]
        assert min(gaps) >= 0.8 * pause_s - 0.002
        four_errors_s = 4 * 0.4 * pause_s / (12 * len(gaps)) ** 0.5
        assert pause_s - four_errors_s <= fmean(gaps) <= pause_s + four_errors_s + 0.1  # a busy machine is late


def test_no_more_than_five_attempts(calls):
    """A config that asks for nine gets five: the client caps it."""
    assert len(calls({**EXAMPLE, "maxAttempts": 9, "initialBackoff": "0.01s", "maxBackoff": "0.01s"})(0)) == 5


@pytest.mark.parametrize("failing", [1, 2, 3, 4])
def test_throttling_stops_at_the_same_try(calls, ours, service, failing):
    """Thirty calls one after another, each failing `failing` times: each makes as many tries as ours."""
    bad, good = (grpc.StatusCode.UNAVAILABLE, None), (grpc.StatusCode.OK, None)
    service.script = [bad] * failing + [good]
    call = calls({**EXAMPLE, "initialBackoff": "0.01s", "maxBackoff": "0.01s"}, THROTTLING)
    shared = policy_preset("grpc-example").policy.new_shared()
    for number in range(30):
        mine = ours("grpc-example", [UNAVAILABLE] * failing + [End()], shared=shared)
        assert len(call(number)) == len(mine.starts_s), number


# Not 0 ms, nor a backoff below a millisecond: there the C core of 1.85.3 never sends the retry, and the call waits for
# its deadline.
@pytest.mark.parametrize(("push_back_ms", "tries"), [(1, 4), (50, 4), (-1, 1)])
def test_a_server_that_pushes_back_is_obeyed(calls, service, push_back_ms, tries):
    """Its number is the pause, whatever the config; a negative one ends the call."""
    service.script = [(grpc.StatusCode.UNAVAILABLE, push_back_ms)]
    gaps = gaps_s(calls({**EXAMPLE, "initialBackoff": "5s", "maxBackoff": "5s"})(0))
    assert len(gaps) == tries - 1
    assert all(push_back_ms / 1000 - 0.002 <= gap < 1 for gap in gaps)
