"""What an earlier run owes this cluster: its ledger's copy is still there, so something may still be broken."""

from __future__ import annotations

from collections.abc import Iterator

from chaos.check.finding import Refusal
from chaos.deeds import Hands
from chaos.kube import KubeRefused
from chaos.ledger import copies

__all__ = ["leftovers"]


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
