"""What changed between the check and the run: an object of another UID is another object, and was not agreed to."""

from __future__ import annotations

from collections.abc import Iterator

from chaos.check.census import census, refs_of
from chaos.check.experiment import Experiment
from chaos.check.finding import Refusal
from chaos.deeds import Hands
from chaos.kube import Ref

__all__ = ["changed_since"]


def changed_since(experiment: Experiment, hands: Hands) -> tuple[Refusal, ...]:
    """Return a refusal for every target that is gone or that is another object now. Raises KubeError."""
    return tuple(_changed(experiment, hands))


def _changed(experiment: Experiment, hands: Hands) -> Iterator[Refusal]:
    with_nodes = any(target.ref.kind == "Node" for target in experiment.targets)
    seen = census(hands.kube, refs_of(experiment.binding, experiment.scenario), with_nodes=with_nodes)
    now = {Ref("Node", node.name): node.uid for node in seen.nodes.values()} | dict(seen.uids)
    for target in experiment.targets:
        if now.get(target.ref) != target.uid:
            found = f"uid {now[target.ref]}" if target.ref in now else "it is gone"
            yield Refusal(str(target.ref), "the object that was checked", found, f"uid {target.uid}; check again")
