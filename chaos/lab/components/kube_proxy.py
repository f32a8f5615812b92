"""kube-proxy: one a node through its link to the API server, and one at the edge, where clients come from."""

from __future__ import annotations

import json

from chaos.lab import ports
from chaos.lab.component import Component, Http, Restart
from chaos.lab.kubeconfig import kubeconfig
from chaos.lab.links import link
from chaos.lab.places import Place
from chaos.lab.site import Site

__all__ = ["edge_proxy", "kube_proxy"]

RESTART = Restart(2.0)  # assumption: as the controllers; a DaemonSet would bring it back too


def kube_proxy(site: Site, place: Place) -> Component:
    """Return the kube-proxy of a node."""
    server = link(site.groups, f"kube-proxy-{place.name}").listen
    return _kube_proxy(site, place, server, place.name, (f"toxiproxy-{place.name}",))


def edge_proxy(site: Site) -> Component:
    """Return the kube-proxy of the edge, which is no node: so ClusterIPs work there whatever happens to the nodes.

    It goes by the name of the first node, since it looks for a node object for half a minute before it starts without
    one (kubernetes 1.34 pkg/proxy/node.go); it takes from it what only node ports would need.
    """
    server = site.places.api
    return _kube_proxy(site, site.places.edge, server, site.shape.node_names[0], ())


def _kube_proxy(site: Site, place: Place, server: str, node: str, after: tuple[str, ...]) -> Component:
    name = f"kube-proxy-{place.name}"
    folder = site.folders.config(name)
    config, access = str(folder / "config.json"), str(folder / "kubeconfig")
    return Component(
        name=name,
        kind="kube-proxy",
        place=place.name,
        argv=(site.program("kube-proxy"), f"--config={config}"),
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        files={
            config: json.dumps(_configuration(site, place, node, access), indent=1),
            access: kubeconfig("kube-proxy", server, site.certificate("ca.crt"), site.tokens["kube-proxy"]),
        },
        after=(*after, site.api_component),
        ready=Http(f"http://{place.at(ports.KUBE_PROXY_HEALTH)}/livez"),
        restart=RESTART,
    )


def _configuration(site: Site, place: Place, node: str, access: str) -> dict[str, object]:
    """Return the KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1, Kubernetes 1.34).

    It leaves the sizes of the connection table alone: these belong to the whole machine.
    """
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "iptables",
        "clusterCIDR": site.places.pod_range,
        "hostnameOverride": node,
        "bindAddress": place.address,
        "healthzBindAddress": place.at(ports.KUBE_PROXY_HEALTH),
        "metricsBindAddress": place.at(ports.KUBE_PROXY_METRICS),
        "clientConnection": {"kubeconfig": access},
        "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
    }
