"""A node is emptied by evictions, as `kubectl drain` does it: disruption budgets are respected."""

from __future__ import annotations

import time
from typing import Any, Literal

from chaos.binding import Touch
from chaos.deeds.attempts import doing
from chaos.deeds.base import Deed, NoEffect, Right, TargetGone
from chaos.deeds.hands import Hands
from chaos.deeds.objects import rights
from chaos.deeds.pods import PodNamed
from chaos.kube import KubeRefused, Ref

__all__ = ["EvictPods"]

RETRY_S = 5.0  # source: kubectl 0.34.4, pkg/drain/drain.go, evictPods: "will retry after 5s"
LIMIT_S = 60.0  # assumption: who drains a staging node waits a minute before he asks what forbids it
NOT_FOUND, FORBIDDEN_NOW = 404, 429


class EvictPods(Deed):
    """Evict pods; one that a disruption budget protects is asked again every RETRY_S, for `limit_s`.

    Pods that are left then stay, and who forbade it is told: so does a drain that somebody gives up.
    """

    deed: Literal["evict_pods"] = "evict_pods"
    node: str
    pods: tuple[PodNamed, ...]
    limit_s: float = LIMIT_S

    def title(self) -> str:
        """Name the node and the pods."""
        return f"evict {len(self.pods)} pods from node {self.node}: {', '.join(pod.name for pod in self.pods)}"

    def touches(self) -> tuple[Touch, ...]:
        """Touch the node, and the namespaces of the pods."""
        spaces = dict.fromkeys(pod.namespace for pod in self.pods)
        return (Touch("node", self.node), *(Touch("namespace", name) for name in spaces))

    def needs(self) -> tuple[Right, ...]:
        """Need to find pods, and to create evictions."""
        asked: list[Right] = []
        for name in dict.fromkeys(pod.namespace for pod in self.pods):
            pod = Ref("Pod", "", name)
            asked += [*rights(pod, "list", "get"), *rights(pod, "create", sub="eviction")]
        return tuple(asked)

    def do(self, hands: Hands) -> dict[str, Any]:
        """Evict them. Raises TargetGone if there is none (any more), NoEffect if all of them are protected."""
        with doing(self):
            hands.allowed(*self.touches())
            present = [pod for pod in self.pods if not pod.is_on_its_way_out(hands)]
            if not present:
                raise TargetGone(f"node {self.node} has none of these pods any more: {self.title()}")
            forbidden = self._evicted(hands, present)
            if len(forbidden) == len(present):
                raise NoEffect(f"{self.title()}: none within {self.limit_s:g} s: {'; '.join(forbidden.values())}")
        evicted = [pod.name for pod in present if pod.name not in forbidden]
        return {"evicted": evicted, "left": forbidden} if forbidden else {"evicted": evicted}

    def _evicted(self, hands: Hands, left: list[PodNamed]) -> dict[str, str]:
        """Evict as many as may be; return by whom the others are protected."""
        until_s = time.monotonic() + self.limit_s
        while True:
            forbidden = {pod: why for pod in left if (why := _evict(hands, pod)) is not None}
            if not forbidden or time.monotonic() + RETRY_S > until_s or hands.stopping.wait(RETRY_S):
                return {pod.name: why for pod, why in forbidden.items()}
            left = list(forbidden)

    def undo(self, hands: Hands) -> str:
        """Put nothing back: evicted pods run elsewhere, and stay there."""
        return "nothing to put back: the workloads made new pods elsewhere"

    def ends_alone(self) -> str:
        """Evictions under way end by themselves."""
        return "by itself: the workloads make new pods elsewhere"

    def by_hand(self, hands: Hands) -> tuple[str, ...]:
        """There is nothing to do."""
        return ()


def _evict(hands: Hands, pod: PodNamed) -> str | None:
    """Evict a pod; return why not, if a budget forbids it just now."""
    if pod.is_on_its_way_out(hands):
        return None
    try:
        hands.evict(pod.ref, pod.uid)
    except KubeRefused as error:
        if error.status == FORBIDDEN_NOW:
            return error.said
        if error.status != NOT_FOUND:
            raise
    return None
