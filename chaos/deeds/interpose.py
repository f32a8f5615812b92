"""A service of the cluster is put behind a toxiproxy of its own, and taken out again exactly as it was.

First everything is made beside it; once that is seen to work, the service's selector is swapped, in one write. Calls
then go service → proxy → `SERVICE-weatherglass` → the pods as before. Connections that are open at the swap go on past
the proxy until they close: kube-proxy leaves established flows alone.
"""

from __future__ import annotations

from typing import Any, Literal

from chaos.binding import Touch
from chaos.deeds.attempts import doing, undoing
from chaos.deeds.base import Deed, DeedFailed, Right, UndoFailed
from chaos.deeds.front import BY, Front, front_of
from chaos.deeds.front_manifests import manifests
from chaos.deeds.hands import Hands
from chaos.deeds.objects import found, kubectl, patch_line, rights
from chaos.deeds.removal import remove_front
from chaos.deeds.standing import wait_until_it_serves
from chaos.deeds.swap import put_back, refusal, swap, wait_until_it_leads_to, way_back
from chaos.deeds.ways import way_rights
from chaos.kube import Ref
from sim.errors import HarnessError

__all__ = ["Interpose"]


class Interpose(Deed):
    """Put a service of the binding behind a proxy; `run` marks what is ours. `spec`: the service's own, as it was."""

    deed: Literal["interpose"] = "interpose"
    service: str
    namespace: str
    name: str
    run: str
    uid: str = ""
    spec: dict[str, Any] | None = None

    @property
    def front(self) -> Front:
        """The names of what is made."""
        return Front(self.namespace, self.name)

    def title(self) -> str:
        """Say which service comes behind a proxy."""
        return f"put {self.front.target} behind a toxiproxy"

    def touches(self) -> tuple[Touch, ...]:
        """Touch the service by its own entry on the allow-list, and its namespace."""
        return (Touch("interpose", self.service), Touch("namespace", self.namespace))

    def needs(self) -> tuple[Right, ...]:
        """Need to change the service, to make and delete three objects beside it, and to reach the pod."""
        made = [right for ref in self.front.objects for right in rights(ref, "create", "get", "delete")]
        kinds = ("EndpointSlice", "ReplicaSet", "Deployment", "Service", "ConfigMap")
        listed = [right for kind in kinds for right in rights(Ref(kind, "", self.namespace), "list")]
        return (*rights(self.front.target, "get", "patch"), *made, *listed, *way_rights(self.namespace))

    def prepared(self, hands: Hands) -> Interpose:
        """Keep the service's spec. Raises DeedFailed for a service that can't be put behind a proxy, and says why."""
        with doing(self):
            front_of(hands, self.service)  # says if a name would be too long
            now = found(hands, self.front.target)
            if why := refusal(now):
                raise DeedFailed(f"{self.front.target} can't be put behind a proxy: {why}")
            for ref in self.front.objects:
                if (there := hands.kube.find(ref.path)) is not None:
                    by = there["metadata"].get("labels", {}).get(BY)
                    whose = f"of run {by}; `weatherglass chaos undo` takes it away" if by else "not ours"
                    raise DeedFailed(f"{self.title()}: {ref} is there already, {whose}")
        return self.model_copy(update={"uid": now["metadata"]["uid"], "spec": now["spec"]})

    def do(self, hands: Hands) -> dict[str, Any]:
        """Make the proxy, see that it serves, swap the selector, and see that the service leads to it alone."""
        assert self.spec is not None, "it is prepared before it is done"
        with doing(self):
            hands.allowed(*self.touches())
            address = self._make(hands)
            pod = wait_until_it_serves(hands, self.front, self.service, self.spec, address)
            swap(hands, self.front, self.uid, self.spec)
            wait_until_it_leads_to(hands, self.front, ours=True)
        return {"pod": pod, "upstream": address}

    def _make(self, hands: Hands) -> str:
        """Make our objects; return the address of the service that leads on to the pods."""
        assert self.spec is not None
        behind = hands.create(manifests(self.front, self.run, self.spec, hands.binding.images, "")[0])
        address = str(behind["spec"]["clusterIP"])
        _, config, deployment = manifests(self.front, self.run, self.spec, hands.binding.images, address)
        hands.create(config)
        hands.create(deployment)
        return address

    def undo(self, hands: Hands) -> str:
        """Give the service its selector back, then remove what is ours; the one is tried whatever the other does."""
        if self.spec is None:
            return "nothing was done"
        said, failed = [], []
        with undoing(self, hands):
            hands.allowed(*self.touches())
        for step in (self._put_back, self._remove):
            try:
                said.append(step(hands))
            except HarnessError as error:
                failed.append(str(error))
        if failed:
            raise UndoFailed(self.title(), "; ".join(failed), self.by_hand(hands))
        return "; ".join(said)

    def _put_back(self, hands: Hands) -> str:
        assert self.spec is not None
        return put_back(hands, self.front, self.uid, self.spec)

    def _remove(self, hands: Hands) -> str:
        return remove_front(hands, self.front, self.run)

    def ends_alone(self) -> str:
        """The proxy stays, and passes everything on; its faults end by its guardian."""
        return "the proxy stays in the way and passes everything on, until `weatherglass chaos undo`"

    def by_hand(self, hands: Hands) -> tuple[str, ...]:
        """Return the commands that put the selector back and remove our objects."""
        if self.spec is None:
            return ()
        removed = f"-n {self.namespace} delete deployment,service,configmap -l {self.front.words},{BY}={self.run}"
        return (patch_line(hands, self.front.target, way_back(self.front, self.spec)), kubectl(hands, removed))
