"""Which datastore member leads at this moment: each is asked for its metrics, as any Prometheus would."""

from __future__ import annotations

import urllib.request

from chaos.binding import Binding
from chaos.faults.base import Unsupported

__all__ = ["leader"]

METRIC = "etcd_server_is_leader"  # source: etcd 3.6.5, server/etcdserver/metrics.go
LIMIT_S = 2.0  # assumption: a member tells its metrics in 20 ms
MOST_BYTES = 2**22


def leader(binding: Binding) -> str | Unsupported:
    """Return the server whose member says that it leads, or why nobody can be told."""
    asked = {name: server.metrics for name, server in binding.servers.items() if server.metrics is not None}
    said: dict[str, str] = {}
    for name, url in asked.items():
        try:
            if _leads(url):
                return name
            said[name] = "follows"
        except OSError as error:
            said[name] = str(error)
    if not asked:
        return Unsupported(
            "nobody says who leads the datastore; accepted: servers.NAME.metrics, the URL of each member's metrics "
            "(etcd --listen-metrics-urls), or a server's name as the member"
        )
    return Unsupported(f"no member of the datastore leads: {'; '.join(f'{name}: {why}' for name, why in said.items())}")


def _leads(url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=LIMIT_S) as answer:
        text = answer.read(MOST_BYTES).decode(errors="replace")
    return any(line.split() == [METRIC, "1"] for line in text.splitlines() if line.startswith(METRIC))
