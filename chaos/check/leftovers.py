"""What an earlier run owes this cluster: its ledger's copy is still there, so something may still be broken."""

from __future__ import annotations

from collections.abc import Iterator

from chaos.check.finding import Refusal
from chaos.deeds import Hands
from chaos.kube import KubeRefused
from chaos.ledger import copies
from sim.errors import RunError

__all__ = ["leftovers"]


def leftovers(hands: Hands) -> Iterator[Refusal]:
    """Yield every run whose ledger is still in the cluster's home namespace."""
    where, sought = f"namespace {hands.binding.cluster.home}", "that no earlier run is left"
    try:
        found = copies(hands)
    except KubeRefused:
        return  # the rights say so
    except RunError as error:
        yield Refusal(where, sought, str(error), "weatherglass chaos undo")
        return
    for run, (header, entries) in found.items():
        owed = sum(entry.is_open for entry in entries.values())
        said = f"run {run} of {header.scenario} ({header.started}) owes the undo of {owed}"
        yield Refusal(where, sought, said, f"its end, or: weatherglass chaos undo {run} --binding {header.binding}")
