"""The ledger's copy in the cluster: a ConfigMap with what is owed, so that any machine with access can undo it."""

from __future__ import annotations

from typing import Any, NamedTuple

from chaos.deeds import Hands
from chaos.kube import KubeRefused, Ref
from chaos.ledger.entry import Entry, Header, read_ledger
from sim.errors import RunError

__all__ = ["LABEL", "ClusterCopy", "Copies", "copies", "copy_name"]

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


class Copies(NamedTuple):
    """What the copies in the cluster say. `read`: run → header and entries; `unread`: config map → why it can't be."""

    read: dict[str, tuple[Header, dict[int, Entry]]]
    unread: dict[str, str]


def copies(hands: Hands) -> Copies:
    """Return every copy in the binding's home namespace; one that cannot be read keeps no other from being so.

    Raises KubeError.
    """
    found = Copies({}, {})
    for each in hands.kube.list(Ref("ConfigMap", "", hands.binding.cluster.home).folder, labelSelector=LABEL):
        name = each["metadata"]["name"]
        try:
            header, entries = read_ledger((each.get("data") or {}).get(KEY, "").splitlines(), f"configmap {name}")
        except RunError as error:
            found.unread[name] = str(error)
            continue
        if name == copy_name(header.run):
            found.read[header.run] = header, entries
        else:
            found.unread[name] = f"configmap {name}: it says that it is of run {header.run}, whose name it has not"
    return found
