"""Envoy: a front proxy with retries and outlier detection at the edge, so that what a mesh does can be tried for real.

It balances over the pods themselves, which a headless service names: behind a ClusterIP it could not tell them apart.
"""

from __future__ import annotations

import json
from typing import Any

from chaos.lab import app, ports
from chaos.lab.component import Component, Http, Restart
from chaos.lab.site import Site

__all__ = ["RETRY", "envoy"]

RESTART = Restart(2.0)  # assumption: as the controllers
# Istio's defaults (pilot/pkg/networking/core/route/retry/retry.go): twice more, on another pod, if no answer began or
# it was 503
RETRY = {
    "retry_on": "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes",
    "retriable_status_codes": [503],
    "num_retries": 2,
    "retry_host_predicate": [
        {
            "name": "envoy.retry_host_predicates.previous_hosts",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"
            },
        }
    ],
    "host_selection_retry_max_attempts": 5,
}
# Envoy's own defaults, written out (config.cluster.v3.OutlierDetection); half of the pods may be out at most
OUTLIERS = {"consecutive_5xx": 5, "interval": "10s", "base_ejection_time": "30s", "max_ejection_percent": 50}


def envoy(site: Site) -> Component:
    """Return the Envoy of the edge: one listener for each service of the sample that outsiders call."""
    edge = site.places.edge
    config = str(site.folders.config("envoy") / "envoy.json")
    return Component(
        name="envoy",
        kind="envoy",
        place=edge.name,
        # one worker; without shared memory, or two Envoys of a machine would meet there
        argv=(site.program("envoy"), "-c", config, "--concurrency", "1", "--disable-hot-restart", "-l", "warning"),
        files={config: json.dumps(_bootstrap(site), indent=1)},
        after=("coredns",),
        ready=Http(f"http://{edge.at(ports.ENVOY_ADMIN)}/ready"),
        restart=RESTART,
    )


def _bootstrap(site: Site) -> dict[str, Any]:
    edge = site.places.edge
    return {
        "admin": {"address": _address(edge.address, edge.port(ports.ENVOY_ADMIN))},
        "static_resources": {
            "listeners": [_listener(site, service) for service in app.OUTER],
            "clusters": [_cluster(site, service) for service in app.OUTER],
        },
    }


def _address(address: str, port: int) -> dict[str, Any]:
    return {"socket_address": {"address": address, "port_value": port}}


def _listener(site: Site, service: app.Service) -> dict[str, Any]:
    http = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
    router = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"
    route = {"cluster": service.name, "timeout": "15s", "retry_policy": RETRY}
    host, _, port = app.mesh_entry(site.places, service).removeprefix("http://").rstrip("/").partition(":")
    manager = {
        "@type": http,
        "stat_prefix": service.name,
        "http_filters": [{"name": "envoy.filters.http.router", "typed_config": {"@type": router}}],
        "route_config": {
            "virtual_hosts": [
                {"name": service.name, "domains": ["*"], "routes": [{"match": {"prefix": "/"}, "route": route}]}
            ]
        },
    }
    chain = {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
    return {"name": service.name, "address": _address(host, int(port)), "filter_chains": [chain]}


def _cluster(site: Site, service: app.Service) -> dict[str, Any]:
    resolver = {
        "name": "envoy.network.dns_resolver.cares",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig",
            "resolvers": [_address(site.places.edge.address, ports.DNS)],
        },
    }
    name = f"{service.name}-pods.{service.namespace}.svc.cluster.local"
    return {
        "name": service.name,
        "type": "STRICT_DNS",
        "typed_dns_resolver_config": resolver,
        "connect_timeout": "1s",
        "outlier_detection": OUTLIERS,
        "load_assignment": {
            "cluster_name": service.name,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": _address(name, service.pod_port)}}]}],
        },
    }
