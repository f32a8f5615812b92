"""kube-apiserver: one a server, behind nothing, in front of its datastore's link."""

from __future__ import annotations

from chaos.lab import ports
from chaos.lab.component import Component, Http
from chaos.lab.links import link
from chaos.lab.places import Place
from chaos.lab.site import Site, users

__all__ = ["apiserver"]


def apiserver(site: Site, place: Place) -> Component:
    """Return the API server of a server. Everybody logs in with a token; kubelets are called with a certificate."""
    tokens = str(site.folders.config("kube-apiserver") / "tokens.csv")
    who = users(site.shape)
    lines = [f'{site.tokens[name]},{user},{name},"{group}"\n' for name, (user, group) in who.items()]
    toleration_s = int(site.shape.timings.toleration_s)
    name = f"kube-apiserver-{place.name}"
    flags = {
        "bind-address": "0.0.0.0" if place.netns else place.address,  # noqa: S104 (inside its own namespace)
        "secure-port": place.port(ports.API),
        "advertise-address": place.address,
        "etcd-servers": "http://" + link(site.groups, f"apiserver-{place.name}").listen,
        "service-cluster-ip-range": site.places.service_range,
        "tls-cert-file": site.certificate("apiserver.crt"),
        "tls-private-key-file": site.certificate("apiserver.key"),
        "client-ca-file": site.certificate("ca.crt"),
        "kubelet-client-certificate": site.certificate("kubelet-client.crt"),
        "kubelet-client-key": site.certificate("kubelet-client.key"),
        "kubelet-preferred-address-types": "InternalIP",
        "token-auth-file": tokens,
        "authorization-mode": "Node,RBAC",
        "service-account-issuer": "https://kubernetes.default.svc",
        "service-account-key-file": site.certificate("service-accounts.key"),
        "service-account-signing-key-file": site.certificate("service-accounts.key"),
        "allow-privileged": "true",
        "default-not-ready-toleration-seconds": toleration_s,
        "default-unreachable-toleration-seconds": toleration_s,
    }
    datastore = "etcd" if site.shape.datastore == "etcd" else "kine"
    return Component(
        name=name,
        kind="kube-apiserver",
        place=place.name,
        argv=(site.program("kube-apiserver"), *(f"--{flag}={value}" for flag, value in flags.items())),
        files={tokens: "".join(lines)},
        after=(f"{datastore}-{place.name}", f"toxiproxy-datastore-{place.name}"),
        ready=Http(f"https://{place.at(ports.API)}/readyz"),
    )
