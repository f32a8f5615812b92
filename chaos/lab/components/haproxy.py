"""HAProxy: one address for three API servers."""

from __future__ import annotations

from chaos.lab import ports
from chaos.lab.component import Component, Http
from chaos.lab.site import Site

__all__ = ["haproxy"]

# checks: HAProxy's own defaults (every 2 s, three failures, two successes); long-lived connections are watches
CONFIG = """\
defaults
  mode tcp
  timeout connect 5s
  timeout client 24h
  timeout server 24h
frontend api
  bind {address}:{port}
  default_backend servers
backend servers
  balance roundrobin
  option httpchk GET /readyz
  http-check expect status 200
"""


def haproxy(site: Site) -> Component:
    """Return the balancer in front of every API server. It is ready when it has found one that is.

    Without a live one it accepts connections and closes them, as it does in production.

    Source: HAProxy 2.6 configuration manual, `inter`, `fall`, `rise` (2 s, 3, 2).
    """
    balancer = site.places.balancer
    assert balancer is not None, "a balancer is for several servers"
    config = str(site.folders.config("haproxy") / "haproxy.cfg")
    lines = [f"  server {p.name} {p.at(ports.API)} check check-ssl verify none\n" for p in site.places.servers]
    return Component(
        name="haproxy",
        kind="haproxy",
        place=balancer.name,
        argv=(site.program("haproxy"), "-db", "-f", config),
        files={config: CONFIG.format(address=balancer.address, port=ports.API) + "".join(lines)},
        ready=Http(f"https://{balancer.at(ports.API)}/readyz"),
    )
