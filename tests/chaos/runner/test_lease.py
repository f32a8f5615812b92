"""The lease goes with its run, also when nobody heard that it was made; somebody else's stays."""

from __future__ import annotations

import time
from typing import Any

import pytest
from kube_api import KubeApi

from chaos.check.lease import holder
from chaos.kube import KubeSilent
from chaos.runner.lease import Lease
from chaos.runner.living import refuse_living, release
from sim.errors import RunError

FOLDER = "/apis/coordination.k8s.io/v1/namespaces/chaos/leases"
PATH = f"{FOLDER}/weatherglass"
LIMIT_S = 0.3


class _Leases(KubeApi):
    """Makes and deletes leases. `after_s`: how late it says so; `lost`: whether it makes none."""

    def __init__(self, after_s: float = 0.0, *, lost: bool = False) -> None:
        super().__init__()
        self.after_s, self.lost = after_s, lost

    def answer(self, method: str, path: str, body: Any) -> tuple[int, dict[str, Any]]:
        if (method, path) == ("POST", FOLDER):
            if PATH in self.objects:
                return 409, {"reason": "AlreadyExists"}
            if not self.lost:
                self.put(body)
            time.sleep(self.after_s)
            return 201, body
        if method == "DELETE":
            assert body["preconditions"]["uid"] == self.objects[path]["metadata"]["uid"]
            return 200, self.objects.pop(path)
        return super().answer(method, path, body)

    def held_by(self, *, spec: dict[str, Any]) -> None:
        """Let there be a lease."""
        self.put({"kind": "Lease", "metadata": {"name": "weatherglass", "namespace": "chaos"}, "spec": spec})


def _lease(asked: Any, api: KubeApi, run: str = "run-1") -> Lease:
    hands = asked(api)
    hands.limit_s = LIMIT_S
    return Lease(hands, run, "somebody")


def test_a_lease_is_made_and_given_back(asked: Any) -> None:
    """After the run the next one can take it at once."""
    api = _Leases()
    lease = _lease(asked, api)
    lease.take()
    assert api.objects[PATH]["spec"]["holderIdentity"] == "run-1 by somebody"
    lease.give_back()
    assert api.objects == {}


def test_a_lease_whose_making_was_not_heard_of_is_given_back(asked: Any) -> None:
    """The run ends since the API server is silent; what it did all the same does not stay behind."""
    api = _Leases(after_s=2 * LIMIT_S)
    lease = _lease(asked, api)
    with pytest.raises(KubeSilent):
        lease.take()
    assert PATH in api.objects
    lease.give_back()
    assert api.objects == {}


@pytest.mark.parametrize("spec", [{"holderIdentity": "run-2 by somebody"}, {}, None])
def test_somebody_else_s_lease_stays(spec: Any, asked: Any) -> None:
    """Whoever made it while nobody answered us, and where a lease names nobody."""
    api = _Leases(after_s=2 * LIMIT_S, lost=True)
    lease = _lease(asked, api)
    with pytest.raises(KubeSilent):
        lease.take()
    api.held_by(spec=spec)
    lease.give_back()
    assert PATH in api.objects


@pytest.mark.parametrize("spec", [{}, {"leaseDurationSeconds": 15}, None])
def test_a_lease_without_a_holder_keeps_the_cluster_and_is_no_living_run(spec: Any, asked: Any) -> None:
    """Somebody made it by hand: a run is refused with the line that deletes it; `undo` waits for nobody."""
    api = _Leases()
    api.held_by(spec=spec)
    hands = asked(api)
    with pytest.raises(RunError, match=r"(?s)another experiment is under way .* somebody.*delete lease weatherglass"):
        _lease(asked, api).take()
    assert holder(hands.kube, hands.binding) is None
    refuse_living(hands)
    assert release(hands) == ""
