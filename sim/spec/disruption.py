"""A PodDisruptionBudget: how many pods of a workload evictions must leave alone."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema, model_validator

from sim.spec.base import Value

__all__ = ["Amount", "Pdb"]

_ACCEPTED = "a count such as 1, or a share of the replicas such as 50%"


def _amount(value: Any) -> int | str:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, str) and value.endswith("%") and value[:-1].isdecimal() and int(value[:-1]) <= 100:
        return value
    raise ValueError(_ACCEPTED)


_FORM = WithJsonSchema(
    {"description": _ACCEPTED, "anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": r"^\d+%$"}]}
)
Amount = Annotated[int | str, BeforeValidator(_amount), _FORM]
"""A count, or whole per cent of the replicas (`50%`), as Kubernetes' IntOrString writes it."""


class Pdb(Value):
    """Either `min_available` pods stay ready, or at most `max_unavailable` are not. Evictions alone obey it.

    Source: Kubernetes 1.34.4 `pkg/controller/disruption/disruption.go` `getExpectedPodCount`: both shares round up.
    """

    min_available: Amount | None = None
    max_unavailable: Amount | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Pdb:
        if (self.min_available is None) == (self.max_unavailable is None):
            raise ValueError("give min_available or max_unavailable: one of them, not both")
        return self

    def desired_healthy(self, replicas: int) -> int:
        """Return how many ready pods an eviction must leave of a workload that should have `replicas`."""
        if self.max_unavailable is not None:
            return max(0, replicas - _scaled(self.max_unavailable, replicas))
        assert self.min_available is not None
        return _scaled(self.min_available, replicas)


def _scaled(amount: int | str, replicas: int) -> int:
    if isinstance(amount, int):
        return amount
    return -(-int(amount[:-1]) * replicas // 100)  # rounded up
