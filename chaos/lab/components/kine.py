"""kine: SQLite that looks like etcd, the datastore of a single K3s server."""

from __future__ import annotations

from chaos.lab import ports
from chaos.lab.component import Component, Http
from chaos.lab.places import Place
from chaos.lab.site import Site

__all__ = ["kine"]


def kine(site: Site, place: Place) -> Component:
    """Return the datastore of a single server. The options of the database are K3s' own.

    Source: kine 0.17.5 pkg/drivers/sqlite/sqlite.go, the default data source name.
    """
    name = f"kine-{place.name}"
    database = site.folders.data(name) / "state.db"
    options = "_journal=WAL&cache=shared&_busy_timeout=30000&_txlock=immediate"
    return Component(
        name=name,
        kind="kine",
        place=place.name,
        argv=(
            site.program("kine"),
            f"--endpoint=sqlite://{database}?{options}",
            f"--listen-address=tcp://{place.own(ports.ETCD_CLIENT)}",
            f"--metrics-bind-address={place.at(ports.ETCD_METRICS)}",
        ),
        ready=Http(f"http://{place.at(ports.ETCD_METRICS)}/metrics"),
    )
