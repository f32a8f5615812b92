"""The lease by which one experiment at a time has a cluster, and by whose deletion anybody stops it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from chaos.binding import Binding
from chaos.check.finding import Refusal
from chaos.clock import wall_s
from chaos.kube import Kube, KubeRefused, Ref

__all__ = ["LEASE", "Holder", "holder", "kill_switch", "lease_ref", "taken"]

LEASE = "weatherglass"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the lease: since when (UTC text), how long ago it was renewed by its wall, for how long that counts.

    `uid`, `version`: the object's, by which a renewal is seen without any clock.
    """

    by: str
    since: str
    age_s: float
    lasts_s: float
    uid: str = ""
    version: str = ""

    @property
    def is_over(self) -> bool:
        """Whether it was not renewed in time: its run is dead, or cut off from the API server."""
        return self.age_s > self.lasts_s


def lease_ref(binding: Binding) -> Ref:
    """Return where the lease is: in the binding's home namespace."""
    return Ref("Lease", LEASE, binding.cluster.home)


def kill_switch(binding: Binding) -> str:
    """Return the command by which anybody stops a run: everything is undone then."""
    ref = lease_ref(binding)
    return binding.cluster.kubectl(f"-n {ref.namespace} delete lease {ref.name}")


def holder(kube: Kube, binding: Binding) -> Holder | None:
    """Return who has the cluster; None if nobody, or if it may not be read (then the rights say so)."""
    try:
        found = kube.find(lease_ref(binding).path)
    except KubeRefused:
        return None
    spec = (found.get("spec") or {}) if found is not None else {}
    if found is None or not spec.get("holderIdentity"):
        return None
    renewed = spec.get("renewTime") or spec.get("acquireTime")
    age_s = wall_s() - datetime.fromisoformat(renewed).timestamp() if renewed else float("inf")
    since = spec.get("acquireTime") or "an unknown time"
    uid, version = found["metadata"]["uid"], found["metadata"]["resourceVersion"]
    return Holder(spec["holderIdentity"], since, age_s, float(spec.get("leaseDurationSeconds", 0)), uid, version)


def taken(binding: Binding, found: Holder | None) -> Iterator[Refusal]:
    """Yield why another run is in the way."""
    if found is None:
        return
    where, sought = str(lease_ref(binding)), "that nobody else has this cluster"
    if found.is_over:
        said = f"{found.by} had it since {found.since} and did not renew it for {found.age_s:.0f} s"
        yield Refusal(where, sought, said, "an undone run: weatherglass chaos undo removes what it left, and the lease")
    else:
        yield Refusal(where, sought, f"{found.by} has it since {found.since}", f"its end, or: {kill_switch(binding)}")
