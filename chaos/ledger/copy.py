"""The ledger's copy in the cluster: a ConfigMap with what is owed, so that any machine with access can undo it."""

from __future__ import annotations

from typing import Any

from chaos.deeds import Hands
from chaos.kube import KubeRefused, Ref
from chaos.ledger.entry import Entry, Header, read_ledger

__all__ = ["LABEL", "ClusterCopy", "copies", "copy_name"]

LABEL = "weatherglass.dev/run"
KEY = "ledger.jsonl"
COPY_S = 2.0  # assumption: a write takes 10 ms; who waits longer for the API server should not inject into its cluster
NOT_FOUND = 404


def copy_name(run: str) -> str:
    """Return the name of a run's ConfigMap."""
    return f"weatherglass-{run}"


class ClusterCopy:
    """The copy of one run, in the binding's home namespace."""

    def __init__(self, hands: Hands, run: str) -> None:
        self._hands = hands
        self._ref = Ref("ConfigMap", copy_name(run), hands.binding.cluster.home)
        self._run = run
        self._made = False

    def write(self, header: Header, owed: tuple[Entry, ...]) -> None:
        """Make the copy say what is owed now. Raises KubeError."""
        text = "\n".join((header.line(), *(entry.line() for entry in owed))) + "\n"
        manifest: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": self._ref.name, "namespace": self._ref.namespace, "labels": {LABEL: self._run}},
            "data": {KEY: text},
        }
        if self._made:
            self._hands.replace(manifest, limit_s=COPY_S)
        else:
            self._hands.create(manifest, limit_s=COPY_S)
            self._made = True

    def remove(self) -> None:
        """Delete the copy; that it is gone already is well."""
        try:
            self._hands.delete(self._ref, limit_s=COPY_S)
        except KubeRefused as error:
            if error.status != NOT_FOUND:
                raise


def copies(hands: Hands) -> dict[str, tuple[Header, dict[int, Entry]]]:
    """Return run → header and entries of every copy in the binding's home namespace."""
    home = hands.binding.cluster.home
    found = hands.kube.list(Ref("ConfigMap", "", home).folder, labelSelector=LABEL)
    return {
        each["metadata"]["labels"][LABEL]: read_ledger(
            each.get("data", {}).get(KEY, "").splitlines(), f"configmap {each['metadata']['name']}"
        )
        for each in found
    }
