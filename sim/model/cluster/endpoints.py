"""Services' endpoints and each node's kube-proxy rules: E1–E7.

The slice of a service changes when a pod's readiness does; a node's rules follow: the first change at once, the next
not before `proxy_sync_s` after the last sync ended (E4). A sync writes what it read when it began, so the second of
two endpoints that leave together stays a second longer (lab 3: the last new connection to a lost node starts 0.9–1.5 s
after Unknown). Rules are kept only for nodes that somebody asked about, so a thousand nodes without traffic cost
nothing. A node that hears nothing from the API keeps its old rules.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sim.model.clock import Clock
from sim.model.cluster.pods import Pod, State

__all__ = ["Endpoint", "Endpoints"]

Table = dict[str, tuple["Endpoint", ...]]


class Endpoint:
    """Where a pod answers. `server` is what the traffic wing opened for its container; None: no container runs."""

    __slots__ = ("index", "node", "pod", "server", "workload")

    def __init__(self, pod: str, node: str, workload: str, index: int) -> None:
        self.pod, self.node, self.workload, self.index = pod, node, workload, index
        self.server: Any = None

    def __repr__(self) -> str:
        return f"<Endpoint {self.pod} on {self.node}>"


class _Proxy:
    """The kube-proxy of one node: its table is the node's rules as of now."""

    __slots__ = ("dirty", "due", "next_s", "node", "table")

    def __init__(self, node: str, table: Table) -> None:
        self.node, self.table = node, table
        self.dirty: dict[str, None] = {}  # services whose rules are old
        self.due = False  # a sync is planned or under way
        self.next_s = float("-inf")  # no sync before


class Endpoints:
    """The slices of all services, and the rules of the nodes that were asked for."""

    def __init__(self, clock: Clock, services: tuple[str, ...], timings: dict[str, float]) -> None:
        self._clock, self._timings, self.services = clock, timings, services
        self._ready: dict[str, dict[str, Endpoint]] = {service: {} for service in services}
        self._leaving: dict[str, dict[str, Endpoint]] = {service: {} for service in services}  # serving, terminating
        self._chosen: Table = dict.fromkeys(services, ())
        self._proxies: dict[str, _Proxy] = {}
        self.hears: Callable[[str], bool] = _always  # whether a node's kube-proxy hears from the API

    def table(self, node: str) -> Table:
        """Return a node's rules: service → endpoints to draw from uniformly (E6); the same dict object each time.

        An empty tuple means REJECT: a connect is refused at once (E8).
        """
        proxy = self._proxies.get(node)
        if proxy is None:
            proxy = self._proxies[node] = _Proxy(node, dict(self._chosen))
        return proxy.table

    def ready_count(self, service: str) -> int:
        """Return how many endpoints of the slice are ready."""
        return len(self._ready[service])

    def fill(self, service: str, pod: Pod) -> None:
        """Put a ready pod into a slice before anything is simulated; `settle` publishes all of them at once."""
        assert pod.endpoint is not None
        self._ready[service][pod.name] = pod.endpoint

    def put(self, service: str, pod: Pod) -> str | None:
        """Bring the slice in line with a pod; return `endpoint_ready`, `endpoint_withdrawn` or None for no change."""
        ready, leaving, endpoint = self._ready[service], self._leaving[service], pod.endpoint
        if pod.state is State.GONE and ready.get(pod.name, endpoint) is not endpoint:
            return None  # a StatefulSet's next pod has its name already
        was = pod.name in ready
        if pod.state is State.READY and endpoint is not None:
            ready[pod.name] = endpoint
            leaving.pop(pod.name, None)
        else:
            gone = ready.pop(pod.name, None)
            if pod.state is State.TERMINATING and gone is not None:
                leaving[pod.name] = gone  # was ready when it was deleted: serving and terminating (E2)
            elif pod.state is not State.TERMINATING:
                leaving.pop(pod.name, None)
        self._publish(service)
        is_in = pod.name in ready
        if was == is_in:
            return None
        return "endpoint_ready" if is_in else "endpoint_withdrawn"

    def drop_leaving(self, service: str, pod: Pod) -> None:
        """Take a terminating pod that no longer serves (its container stopped, or is lost) out of the fallback (E7)."""
        if self._leaving[service].pop(pod.name, None) is not None:
            self._publish(service)

    def _publish(self, service: str) -> None:
        chosen = tuple((self._ready[service] or self._leaving[service]).values())  # E7
        if chosen == self._chosen[service]:
            return
        self._chosen[service] = chosen
        for proxy in self._proxies.values():
            proxy.dirty[service] = None
            self._plan(proxy)

    def _plan(self, proxy: _Proxy) -> None:
        if not proxy.due and self.hears(proxy.node):
            proxy.due = True
            self._clock.at(proxy.next_s, self._sync, proxy)

    def _sync(self, proxy: _Proxy) -> None:
        read = {service: self._chosen[service] for service in proxy.dirty}
        proxy.dirty.clear()
        self._clock.after(self._timings["proxy_apply_s"], self._written, (proxy, read))

    def _written(self, sync: tuple[_Proxy, Table]) -> None:
        proxy, read = sync
        proxy.table.update(read)
        proxy.due = False
        proxy.next_s = self._clock.now + self._timings["proxy_sync_s"]
        if proxy.dirty:
            self._plan(proxy)

    def heard(self, node: str) -> None:
        """Let a node's kube-proxy catch up: its watch of the API is back."""
        proxy = self._proxies.get(node)
        if proxy is not None and proxy.dirty:
            self._plan(proxy)

    def settle(self) -> None:
        """Publish the slices, and give every asked-for node these rules (the start of a run)."""
        for service, ready in self._ready.items():
            self._chosen[service] = tuple(ready.values())
        for proxy in self._proxies.values():
            proxy.table.update(self._chosen)
            proxy.dirty.clear()
            proxy.next_s = float("-inf")


def _always(_: str) -> bool:
    return True
