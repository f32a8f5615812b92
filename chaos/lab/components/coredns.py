"""CoreDNS: the name service, at the edge, so that the loss of a node never takes names with it."""

from __future__ import annotations

from chaos.lab import ports
from chaos.lab.component import Component, Http, Restart
from chaos.lab.kubeconfig import kubeconfig
from chaos.lab.site import Site

__all__ = ["coredns"]

RESTART = Restart(2.0)  # assumption: as the controllers; a Deployment would bring it back too
COREFILE = """\
.:{port} {{
  bind {address}
  errors
  health {address}:{health}
  ready {address}:{ready}
  kubernetes cluster.local in-addr.arpa {{
    kubeconfig {access}
  }}
  cache 5
}}
"""


def coredns(site: Site) -> Component:
    """Return the name service. It listens before it knows a name; `ready` waits until it has heard from the API."""
    name, edge = "coredns", site.places.edge
    folder = site.folders.config(name)
    corefile, access = str(folder / "Corefile"), str(folder / "kubeconfig")
    text = COREFILE.format(
        port=ports.DNS, address=edge.address, health=ports.DNS_HEALTH, ready=ports.DNS_READY, access=access
    )
    server = site.places.api
    return Component(
        name=name,
        kind="coredns",
        place=edge.name,
        argv=(site.program("coredns"), "-conf", corefile),
        files={
            corefile: text,
            access: kubeconfig("coredns", server, site.certificate("ca.crt"), site.tokens["coredns"]),
        },
        after=(site.api_component,),
        ready=Http(f"http://{edge.at(ports.DNS_READY)}/ready"),
        restart=RESTART,
    )
