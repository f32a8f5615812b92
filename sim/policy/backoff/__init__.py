"""How long to pause before a retry. Retries count from 1: the pause after the first failure is number 1.

In a file: `none`, a bare duration (fixed), a list of durations (steps), or a map with `kind`. Sources of the jitters:
Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog (2015), and aws-samples/aws-arch-backoff-simulator,
`src/backoff_simulator.py` (whose series starts at 2·base, since it counts the first failure as n = 1 in base·2^n; here
it is base·2^(n−1), as in botocore, gRPC, Envoy and tenacity). A kind is a file and a line in `Backoff`.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, Discriminator, Tag

from sim.policy.backoff.constant import Fixed, Immediate, Steps
from sim.policy.backoff.finagle import Finagle
from sim.policy.backoff.growing import Exponential, Linear
from sim.policy.backoff.polly import Polly
from sim.policy.part import tag

__all__ = ["Backoff", "Exponential", "Finagle", "Fixed", "Immediate", "Linear", "Polly", "Steps"]

_KINDS = ("none", "fixed", "linear", "exponential", "steps", "polly", "finagle")


def _from_file(value: Any) -> Any:
    """Turn `none` into {kind: none}, a bare duration into a fixed pause, a list into steps."""
    if isinstance(value, str) and value in _KINDS:
        return {"kind": value}
    if isinstance(value, str | int | float):
        return {"kind": "fixed", "wait": value}
    if isinstance(value, list):
        return {"kind": "steps", "waits": value}
    if isinstance(value, dict) and value.get("kind") not in _KINDS:
        raise ValueError(f"kind: {value.get('kind')!r} is no backoff; accepted: {', '.join(_KINDS)}")
    return value


Backoff: TypeAlias = Annotated[
    Annotated[Immediate, Tag("none")]
    | Annotated[Fixed, Tag("fixed")]
    | Annotated[Linear, Tag("linear")]
    | Annotated[Exponential, Tag("exponential")]
    | Annotated[Steps, Tag("steps")]
    | Annotated[Polly, Tag("polly")]
    | Annotated[Finagle, Tag("finagle")],
    Discriminator(tag),
    BeforeValidator(_from_file),
]
