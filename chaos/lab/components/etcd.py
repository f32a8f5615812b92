"""etcd: one member a server."""

from __future__ import annotations

from chaos.lab import ports
from chaos.lab.component import Component, Http
from chaos.lab.links import peer_link
from chaos.lab.places import Place
from chaos.lab.site import Site

__all__ = ["etcd"]


def etcd(site: Site, place: Place) -> Component:
    """Return the member of a server. Members reach each other through the proxies on their own loopback.

    All members know member j by the same URL, `127.0.0.1:PEER_LINKS+j`; in each server's namespace another proxy
    listens there. Writes are synced to disk, as in production.
    """
    name = f"etcd-{place.name}"
    client, timings = f"http://{place.own(ports.ETCD_CLIENT)}", site.shape.timings
    known_as = {server.name: f"http://{peer_link(j)}" for j, server in enumerate(site.places.servers)}
    flags = {
        "name": place.name,
        "data-dir": str(site.folders.data(name)),
        "listen-client-urls": client,
        "advertise-client-urls": client,
        "listen-peer-urls": f"http://{place.at(ports.ETCD_PEER)}",
        "initial-advertise-peer-urls": known_as[place.name],
        "initial-cluster": ",".join(f"{server}={url}" for server, url in known_as.items()),
        "initial-cluster-token": site.cgroup,
        "listen-metrics-urls": f"http://{place.at(ports.ETCD_METRICS)}",
        "heartbeat-interval": str(round(timings.etcd_heartbeat_s * 1000)),
        "election-timeout": str(round(timings.etcd_election_s * 1000)),
    }
    return Component(
        name=name,
        kind="etcd",
        place=place.name,
        argv=(site.program("etcd"), *(f"--{flag}={value}" for flag, value in flags.items())),
        after=(f"toxiproxy-peers-{place.name}",) if len(known_as) > 1 else (),
        ready=Http(f"http://{place.at(ports.ETCD_METRICS)}/health"),
    )
