"""What a file may say about servers that are hurt, and about who chooses among them."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from sim.policy.limit import AimdLimit
from sim.spec.serving import CoDel, Shed
from sim.spec.workloads import Ejects, Serves, Service


@pytest.mark.parametrize(("written", "drops"), [
    ("none", ()), ("abandoned", ("abandoned",)), (["expired"], ("expired",)), ([], ()),
    (["abandoned", "expired"], ("abandoned", "expired")),
])  # fmt: skip
def test_drops_are_none_one_or_many(written: Any, drops: tuple[str, ...]) -> None:
    """A word, or a list of words."""
    assert Serves.model_validate({"takes": "1ms", "drops": written}).drops == drops


@pytest.mark.parametrize(("more", "plain"), [
    ({}, True), ({"at_once": 4, "queue": 9, "errors": "1%", "request": "1KB", "reply": "2KB"}, True),
    ({"order": "lifo"}, False), ({"drops": "none"}, False), ({"shed": {}}, False), ({"retry_after": "1s"}, False),
])  # fmt: skip
def test_who_says_nothing_new_is_plain(more: dict[str, Any], plain: bool) -> None:
    """Workers, a queue and errors are the plain server; any other word asks for the careful one."""
    assert Serves.model_validate({"takes": "1ms"} | more).plain is plain


def test_the_defaults_are_those_of_the_sources() -> None:
    """CoDel: 5 ms and 100 ms (RFC 8289); ejection: 5 failures, 10 s, 30 s, 300 s, 10 % (Envoy)."""
    assert CoDel().model_dump() == {"target": 0.005, "interval": 0.1, "law": "rfc"}
    assert Ejects().model_dump() == {
        "failures": 5, "every": 10.0, "rests": 30.0, "rests_most": 300.0, "at_most": 0.1, "always_one": False,
    }  # fmt: skip


def test_a_server_s_limit_is_a_policy_s_limit() -> None:
    """The same words at the door of a server as around a client's calls."""
    shed = Shed.model_validate({"limit": {"kind": "aimd", "most": 500}})
    assert shed.limit == AimdLimit(most=500)


def test_kube_proxy_ejects_nobody() -> None:
    """`ejects` without a balance that chooses for each request is refused, and the message says what goes with it."""
    with pytest.raises(ValidationError, match="goes with balance: random, round-robin or least-request"):
        Service.model_validate({"of": "api", "ejects": {}})
    assert Service.model_validate({"of": "api", "balance": "random", "ejects": {}}).ejects == Ejects()


@pytest.mark.parametrize("serves", [
    {"order": "random"}, {"drops": "late"}, {"rejects_with": 500}, {"shed": {"codel": {"law": "mine"}}},
    {"cache": {"fills_by": 3}}, {"shed": {"limit": {"kind": "aimd", "start": 1, "least": 5}}},
])  # fmt: skip
def test_what_nobody_can_do_is_refused(serves: dict[str, Any]) -> None:
    """Unknown orders, drops, codes and laws; a cache without misses; a limit that starts below its least."""
    with pytest.raises(ValidationError):
        Serves.model_validate({"takes": "1ms"} | serves)
