"""What stands in the way of our own objects: no home for them, or an earlier run that still owes something."""

from __future__ import annotations

from collections.abc import Iterator

from chaos.check.finding import Refusal
from chaos.deeds import Hands
from chaos.deeds.objects import kubectl
from chaos.kube import KubeRefused, Ref
from chaos.ledger import copies

__all__ = ["homeless", "leftovers"]


def homeless(hands: Hands) -> Iterator[Refusal]:
    """Yield a refusal if the home namespace is not there: lease, ledger and events could not be written."""
    home = hands.binding.cluster.home
    try:
        there = hands.kube.find(Ref("Namespace", home).path)
    except KubeRefused:
        return  # a run does not need the right to look
    if there is None:
        accepted = f"{kubectl(hands, f'create namespace {home}')}, or another cluster.home"
        yield Refusal("cluster.home", f"namespace {home}", "the cluster has none of that name", accepted)


def leftovers(hands: Hands) -> Iterator[Refusal]:
    """Yield every run whose ledger is still in the cluster's home namespace."""
    where, sought = f"namespace {hands.binding.cluster.home}", "that no earlier run is left"
    try:
        found = copies(hands)
    except KubeRefused:
        return  # the rights say so
    for why in found.unread.values():
        yield Refusal(where, sought, why, "weatherglass chaos undo, which says what to do about it")
    for run, (header, entries) in found.read.items():
        owed = sum(entry.is_open for entry in entries.values())
        said = f"run {run} of {header.scenario} ({header.started}) owes the undo of {owed}"
        yield Refusal(where, sought, said, f"its end, or: weatherglass chaos undo {run} --binding {header.binding}")
