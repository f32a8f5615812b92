"""botocore itself beside the presets of the AWS SDKs: its real client, its network replaced by a script."""

from __future__ import annotations

import contextlib
import threading
import types

import pytest
from scripted import End

from sim.plan.streams import Stream
from sim.policy import policy_preset
from sim.presets import transport_presets

botocore = pytest.importorskip("botocore", minversion="1.44")
session = pytest.importorskip("botocore.session")
config = pytest.importorskip("botocore.config")
standard = pytest.importorskip("botocore.retries.standard")
awsrequest = pytest.importorskip("botocore.awsrequest")
errors = pytest.importorskip("botocore.exceptions")

CASES = {  # how a try ends: for our policy, and for botocore
    "503": (End(0.0, "status", 503), (503, {})),
    "500": (End(0.0, "status", 500), (500, {})),
    "501": (End(0.0, "status", 501), (501, {})),
    "429": (End(0.0, "status", 429), (429, {})),
    "400": (End(0.0, "status", 400), (400, {})),
    "refused": (End(0.0, "refused"), errors.EndpointConnectionError(endpoint_url="x", error="no")),
    "dial timeout": (End(0.0, "dial_timeout"), errors.ConnectTimeoutError(endpoint_url="x")),
    "read timeout": (End(0.0, "timeout"), errors.ReadTimeoutError(endpoint_url="x")),
    "cut": (End(0.0, "cut"), errors.ConnectionClosedError(endpoint_url="x")),
    "wish below": (End(0.0, "status", 503, retry_after_s=0.001), (503, {"x-amz-retry-after": "1"})),
    "wish above": (End(0.0, "status", 503, retry_after_s=3.0), (503, {"x-amz-retry-after": "3000"})),
    "wish far above": (End(0.0, "status", 503, retry_after_s=9.0), (503, {"x-amz-retry-after": "9000"})),
}
BODY = b"<ErrorResponse><Error><Code>Unknown</Code><Message>no</Message></Error></ErrorResponse>"
STS_OK = b"<GetCallerIdentityResponse><GetCallerIdentityResult/></GetCallerIdentityResponse>"


class Raw:
    """What botocore reads a body from."""

    def __init__(self, body):
        self._body = body

    def stream(self, **_):
        yield self._body


class Client:
    """A real client of one service, one call at a time; `ends` says how each try ends."""

    def __init__(self, clock, service, operation, mode, **arguments):
        self.starts_s, self.ends, self.took_s = [], iter(()), 0.0
        self._clock, self._operation, self._arguments = clock, operation, arguments
        self._client = session.Session().create_client(
            service,
            region_name="eu-west-1",
            aws_access_key_id="id",
            aws_secret_access_key="secret",  # noqa: S106  (nothing is sent)
            config=config.Config(retries=None if mode is None else {"mode": mode}),
        )
        self._client.meta.events.register("before-send", self._send)

    def _send(self, request, **_):
        self.starts_s.append(self._clock.now_s)
        self._clock.sleep(self.took_s)
        end = next(self.ends)
        if isinstance(end, Exception):
            raise end
        status, headers = end
        body = STS_OK if status == 200 else BODY
        return awsrequest.AWSResponse(request.url, status, headers, Raw(body))

    def call(self, ends):
        """Make one call; return the instants of its tries."""
        self.starts_s, self.ends = [], iter(ends)
        with contextlib.suppress(errors.ClientError, errors.BotoCoreError):
            getattr(self._client, self._operation)(**self._arguments)
        return self.starts_s


@pytest.fixture(name="client")
def _client(clock, dice, monkeypatch):
    """Return a maker of clients whose time is virtual and whose dice are ours."""
    for variable in ("AWS_RETRY_MODE", "AWS_MAX_ATTEMPTS", "AWS_PROFILE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setattr("botocore.endpoint.time", clock)
    monkeypatch.setattr("botocore.retryhandler.random", dice)
    most, _, *others = standard.ExponentialBackoff.__init__.__defaults__
    monkeypatch.setattr(standard.ExponentialBackoff.__init__, "__defaults__", (most, dice.random, *others))
    return lambda service="sts", operation="get_caller_identity", mode=None, **kw: Client(
        clock, service, operation, mode, **kw
    )


@pytest.mark.parametrize("case", CASES)
def test_the_default_is_standard_mode(client, ours, dice, case):
    """Without configuration the tries are those of `aws-standard`, draw for draw."""
    reply, end = CASES[case]
    seen = client().call([end] * 20)
    assert ours("aws-standard", [reply], draw=dice.draw).starts_s == pytest.approx(seen)


@pytest.mark.parametrize("case", ["503", "429"])
def test_dynamodb_is_more_patient_and_faster(client, ours, dice, case):
    """Four tries at half the pauses."""
    reply, end = CASES[case]
    seen = client("dynamodb", "list_tables").call([end] * 20)
    assert ours("aws-dynamodb", [reply], draw=dice.draw).starts_s == pytest.approx(seen)


@pytest.mark.parametrize("case", ["503", "500", "501", "429", "400", "refused", "read timeout", "wish above"])
def test_legacy_mode(client, ours, dice, case):
    """Five tries, no cap, no quota; `aws-legacy`, draw for draw."""
    reply, end = CASES[case]
    seen = client(mode="legacy").call([end] * 20)
    assert ours("aws-legacy", [reply], draw=dice.draw).starts_s == pytest.approx(seen)


@pytest.mark.parametrize("preset", ["aws-standard"])
def test_the_quota_lasts_as_long(client, ours, preset):
    """Three hundred calls of one client, good and bad by chance: each makes as many tries as ours."""
    theirs, shared = client(), policy_preset(preset).policy.new_shared()
    chance = Stream(5, "calls").uniform
    names = [name for name in CASES if not name.startswith("wish")]
    for call in range(300):
        chances = [chance(call, attempt) / 0.4 for attempt in range(3)]
        ends = [CASES[names[int(u * len(names))]] if u < 1 else (End(), (200, {})) for u in chances]
        seen = theirs.call([end for _, end in ends])
        mine = ours(preset, [reply for reply, _ in ends], shared=shared)
        assert len(mine.starts_s) == len(seen)
    assert shared.snapshot()["budget"]["tokens"] < 500


class Condition:
    """A stand-in for `threading.Condition`: waiting moves the clock."""

    def __init__(self, clock):
        self._clock = clock

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def wait(self, for_s):
        self._clock.sleep(for_s + 1e-9)  # a clock that never jitters would leave it with a rest too small to add

    def notify(self): ...


@pytest.mark.parametrize("mood", [1, 2, 3])
def test_adaptive_mode_sends_at_the_same_instants(client, clock, dice, monkeypatch, ours, mood):
    """Two hundred calls of one client, some throttled: every try of every call is sent when ours is."""
    threads = types.SimpleNamespace(Lock=threading.Lock, Condition=lambda _: Condition(clock))
    monkeypatch.setattr("botocore.retries.bucket.threading", threads)
    monkeypatch.setattr("botocore.retries.bucket.time", clock)
    theirs, shared = client(mode="adaptive"), policy_preset("aws-adaptive").policy.new_shared()
    theirs.took_s = 0.02
    chance = Stream(mood, "throttled").uniform
    for call in range(200):
        codes = [429 if chance(call, n) < (0.2 if call % 50 < 20 else 0) else 200 for n in range(3)]
        begun_s, drawn = clock.now_s, dice.handed
        seen = theirs.call([(code, {}) for code in codes])
        ends = [End(0.02, "ok" if code == 200 else "status", code) for code in codes]
        mine = ours("aws-adaptive", ends, lambda n, drawn=drawn: dice.draw(drawn + n), shared, begun_s)
        assert mine.starts_s == pytest.approx(seen), call
        clock.sleep(0.2 * chance(call, 9))
    assert shared.snapshot()["rate"]["on"]


def test_its_limits():
    """The timeouts and the pool of the transport are the library's defaults."""
    preset, defaults = transport_presets()["botocore"], config.Config()
    assert preset["dial_timeout"] == f"{defaults.connect_timeout}s"
    assert preset["read_timeout"] == f"{defaults.read_timeout}s"
    assert preset["idle_per_host_max"] == defaults.max_pool_connections
