"""How a server is hurt and how it defends itself: what `serves` may say beyond workers and a queue."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from sim.policy.limit import AnyLimit
from sim.quantities import Seconds, Share
from sim.spec.base import Flag, Real, Value, Whole
from sim.spec.distributions import Distribution

__all__ = ["Cache", "CoDel", "Drops", "Order", "Shed", "Slows", "Tiers"]

Order = Literal["fifo", "lifo", "adaptive-lifo"]
"""Whom a free worker takes first. `adaptive-lifo`: the oldest, but the newest while more than `lifo_over` wait.

Source: HHVM `hphp/util/job-queue.h`, `lifoSwitchThreshold`; Maurer, "Fail at Scale", ACM Queue 13(8), 2015.
"""

Drop = Literal["abandoned", "expired"]


def _none_one_or_many(value: Any) -> Any:
    if value == "none":
        return ()
    return (value,) if isinstance(value, str) else value


_KINDS = ["abandoned", "expired"]
_DROPS = {"anyOf": [{"enum": ["none", *_KINDS]}, {"type": "array", "items": {"enum": _KINDS}}]}
Drops = Annotated[tuple[Drop, ...], BeforeValidator(_none_one_or_many), WithJsonSchema(_DROPS)]
"""Whom a free worker passes over: `abandoned`, those whose caller has closed the connection; `expired`, those whose
deadline, sent with them by a transport that `propagates_deadline`, is over."""


class Slows(Value):
    """Work that grows with what else there is to do, both counted at the start of a call's work.

    Source: mbrooker/simulator_example `simple_collapse_sim/sim.py` (a try takes 1.0 + 0.01·c s); Bronson et al.,
    "Metastable failures in distributed systems", HotOS 2021, calls it a sustaining effect.
    """

    per_call: Seconds = 0.0  # more for each call in service, itself included
    per_waiting: Seconds = 0.0  # more for each call that waits


class Cache(Value):
    """Answers that are kept: `takes` is the time of a hit, `miss_takes` comes on top of it for a miss.

    A pod starts cold. Each miss that is done brings one of `fills_by` equally likely entries in, so a call hits with
    chance `hit_share` · (entries held / `fills_by`); a warm cache still misses 1 − `hit_share`. `keeps_for`: an entry
    is gone after that time on average. `filled_by`: the server itself, or the caller that got the answer (look-aside),
    who does not fill it if it has given up: a full cache then is what keeps itself full. `shields`: only a miss makes
    the calls of the service onward.
    """

    hit_share: Share = 1.0
    miss_takes: Distribution
    fills_by: Annotated[Whole, Field(ge=1)]
    keeps_for: Annotated[Seconds, Field(gt=0)] | None = None
    filled_by: Literal["server", "caller"] = "server"
    shields: Flag = False
    warm: Flag = False  # a pod starts with a full cache: as before the run began


class CoDel(Value):
    """Controlled delay: keep the wait of those served near `target`.

    `law: rfc` drops when the wait was above the target for a whole interval, then after interval/√count (RFC 8289,
    section 5). `law: facebook`: an interval whose least wait was above the target is an overloaded one, and calls that
    waited for more than twice the target are shed in the next (folly, `executors/Codel.cpp`).
    """

    target: Annotated[Seconds, Field(gt=0)] = 0.005
    interval: Annotated[Seconds, Field(gt=0)] = 0.1
    law: Literal["rfc", "facebook"] = "rfc"


class Tiers(Value):
    """Turn away as large a share of the calls as keeps the queue short, those of the lowest priority first.

    Like Uber's Cinnamon (eng.uber.com, "Cinnamon: using century old tech to build a mean load shedder", "PID controller
    for Cinnamon", 2023): every `every`, the share moves by what came in less what went out less free workers, halved,
    plus `gain` times the calls that have waited for longer than `target`, all over the calls that asked since (never
    up while nobody has waited so long); a threshold on priorities is set so that this share of the last `of_last` calls
    lies below it. Within one priority, calls are told apart by a number of their own (Cinnamon: a cohort of users).
    """

    every: Annotated[Seconds, Field(gt=0)] = 0.5
    target: Seconds = 0.05  # assumption: a queue that is emptied this often is none
    gain: Annotated[Real, Field(gt=0)] = 0.1  # assumption; 0.5 swings, and costs a tenth of the goodput
    of_last: Annotated[Whole, Field(ge=10, le=100_000)] = 1000


class Shed(Value):
    """Calls that are turned away though there is room, each by its own rule; with none given nothing is.

    `waited`: a free worker turns away whoever has waited longer than this, without any work. `limit`: how many calls
    may be here at once, waiting or in service: the limits that a policy may have (Netflix concurrency-limits), told of
    how long calls stay here.
    """

    waited: Annotated[Seconds, Field(gt=0)] | None = None
    codel: CoDel | None = None
    limit: AnyLimit | None = None
    tiers: Tiers | None = None
