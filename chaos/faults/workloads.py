"""What people do to a workload on purpose: scaling it, restarting its rollout."""

from __future__ import annotations

from chaos.deeds.rollout import RolloutRestart
from chaos.deeds.scale import ScaleWorkload
from chaos.faults.base import Means, Scene, Unsupported
from chaos.faults.pods import workload
from sim.spec import faults as spec

__all__ = ["rollout_restart", "scale", "scaled"]


def scale(scene: Scene, fault: spec.Scale | spec.ScaleToZero) -> Means | Unsupported:
    """Return the scaling of a workload."""
    return scaled(scene, fault.workload, fault.replicas)


def scaled(scene: Scene, name: str, replicas: int) -> Means | Unsupported:
    """Return the scaling of a workload of the scenario to so many replicas."""
    found = workload(scene, name)
    if isinstance(found, Unsupported):
        return found
    ref, now = found
    deed = ScaleWorkload(kind=ref.kind, namespace=ref.namespace, name=ref.name, replicas=replicas)
    lost = max(now["spec"]["replicas"] - replicas, 0)
    return Means(
        f"scale {ref} from {now['spec']['replicas']} to {replicas}",
        (deed,),
        "an autoscaler of it, which the simulator does not know, would set its own number",
        pods={name: lost} if lost else {},
    )


def rollout_restart(scene: Scene, fault: spec.RolloutRestart) -> Means | Unsupported:
    """Return the restart of a workload's rollout."""
    found = workload(scene, fault.workload)
    if isinstance(found, Unsupported):
        return found
    ref, _ = found
    deed = RolloutRestart(kind=ref.kind, namespace=ref.namespace, name=ref.name)
    return Means(f"rollout restart of {ref}", (deed,))
