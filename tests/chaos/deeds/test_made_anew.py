"""An object that was deleted and made anew under the same name is not the one that was meant: it stays as it is."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from kube_api import KubeApi, kubeconfig, running

from chaos.binding import Allow, Binding, Cluster
from chaos.deeds import Deed, Hands, TargetGone
from chaos.deeds.cordon import Cordon
from chaos.deeds.rollout import RolloutRestart
from chaos.deeds.scale import ScaleWorkload

PLACE = {"namespace": "shop", "name": "api"}
DEEDS: list[Deed] = [Cordon(node="w-1"), ScaleWorkload(**PLACE, replicas=1), RolloutRestart(**PLACE)]
METADATA = {"uid": "ours", "generation": 1}
OBJECTS: list[dict[str, Any]] = [
    {"kind": "Node", "metadata": METADATA | {"name": "w-1"}, "spec": {}},
    {"kind": "Deployment", "metadata": METADATA | PLACE, "spec": {"replicas": 3, "template": {"metadata": {}}}},
]


class _Api(KubeApi):
    """Merges patches as the API server does: a UID in one has to fit, else 409 for a scale and 422 for an object.

    `anew`: everything is deleted and made again just before the next patch; `patched`: how many were taken.
    """

    def __init__(self) -> None:
        super().__init__()
        self.put(*deepcopy(OBJECTS))
        self.anew, self.patched = False, 0

    def answer(self, method: str, path: str, body: Any) -> tuple[int, dict[str, Any]]:
        if method != "PATCH":
            return super().answer(method, path, body)
        if self.anew:
            for each in self.objects.values():
                each["metadata"]["uid"] = "another"
        there = self.objects[path.removesuffix("/scale")]
        if body.get("metadata", {}).get("uid", there["metadata"]["uid"]) != there["metadata"]["uid"]:
            return (409, {"reason": "Conflict"}) if path.endswith("/scale") else (422, {"reason": "Invalid"})
        self.patched += 1
        there["spec"] |= body["spec"]
        there["metadata"]["generation"] += 1
        return 200, there


@pytest.fixture
def api(tmp_path: Path) -> Iterator[tuple[_Api, Hands]]:
    """A cluster of one node and one deployment, and hands that may touch both."""
    made = _Api()
    with running(made) as url:
        cluster = Cluster(kubeconfig=str(kubeconfig(tmp_path / "kubeconfig", url)), context="staging")
        allow = Allow(namespaces=("shop",), nodes=("w-1",))
        yield made, Hands(Binding(version=1, cluster=cluster, allow=allow))


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.deed)
def test_what_was_made_anew_since_it_was_prepared_is_not_touched(deed: Deed, api: tuple[_Api, Hands]) -> None:
    """The deed's target is gone; its undo has nothing to put back."""
    made, hands = api
    ready = deed.prepared(hands)
    made.anew = True
    with pytest.raises(TargetGone, match="is gone since it was looked at"):
        ready.do(hands)
    ready.undo(hands)
    assert made.patched == 0


@pytest.mark.parametrize("deed", DEEDS[:2], ids=lambda deed: deed.deed)
def test_what_was_made_anew_since_it_was_done_is_not_put_back(deed: Deed, api: tuple[_Api, Hands]) -> None:
    """Even if that happens between the last look and the write; the undo has succeeded."""
    made, hands = api
    ready = deed.prepared(hands)
    ready.do(hands)
    made.anew = True
    assert ready.undo(hands).endswith("is gone")
    assert made.patched == 1


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.deed)
def test_the_object_that_was_meant_is_changed_and_put_back(deed: Deed, api: tuple[_Api, Hands]) -> None:
    """The UID in the patch is no obstacle then."""
    made, hands = api
    ready = deed.prepared(hands)
    ready.do(hands)
    ready.undo(hands)
    assert made.patched == (1 if deed.deed == "rollout_restart" else 2)
