"""The binding file: the names of one real environment, for the chaos runner. This is its first version.

    version: 1
    cluster:     kubeconfig, context, and the namespaces that experiments may touch
    nodes:       NAME: the links of its kubelet and of its kube-proxy (keys of `links`), its address, its zone
    toxiproxies: NAME: the address of its API, and the command that starts it again with its proxies as they were
    links:       LINK: the toxiproxy and the proxy that stand in it; a link is `WHO/WHERE->WHAT`, or `CALLER->SERVICE`
    entries:     LINK: the URL at which the caller of a service reaches it through the link; `CALLER->envoy->SERVICE`:
                 through an Envoy with retries and outlier detection instead
    commands:    what else an experiment may run: stop and start a component or a node, cut and join a node;
                 `{target}` stands for its name
    allow:       what an experiment may touch; everything that is not named is refused

Somebody else's cluster has the same file with other names; a part that it has not (commands, zones) is left out.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from chaos.lab import app
from chaos.lab.errors import LabError
from chaos.lab.site import Site

__all__ = [
    "Allow",
    "Binding",
    "Cluster",
    "Node",
    "Proxied",
    "Toxiproxy",
    "binding",
    "read_binding",
    "write_binding",
]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Cluster(_Part):
    """How to reach the cluster."""

    kubeconfig: str
    context: str
    namespaces: tuple[str, ...]


class Node(_Part):
    """A node, and which links make it lose the control plane."""

    address: str
    kubelet: str | None = None
    kube_proxy: str | None = None
    zone: str | None = None


class Toxiproxy(_Part):
    """A toxiproxy server."""

    api: str
    restart: tuple[str, ...] | None = None


class Proxied(_Part):
    """Which proxy stands in a link."""

    toxiproxy: str
    proxy: str


class Allow(_Part):
    """What experiments may touch."""

    namespaces: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    components: tuple[str, ...] = ()


class Binding(_Part):
    """A whole binding file."""

    version: Literal[1] = 1
    cluster: Cluster
    nodes: dict[str, Node]
    toxiproxies: dict[str, Toxiproxy]
    links: dict[str, Proxied]
    entries: dict[str, str] = {}
    commands: dict[str, tuple[str, ...]] = {}
    allow: Allow = Allow()


def binding(site: Site, components: tuple[str, ...]) -> Binding:
    """Return the binding of a lab. `components`: those that may be stopped.

    Its commands name this very interpreter: who runs them need not have us on his PATH.
    """
    groups, shape = site.groups, site.shape
    namespaces = (app.SHOP, app.AUDITED) if shape.app else ()
    lab = (sys.executable, "-m", "chaos", "lab")
    named = ("--name", shape.name)
    links = {link.name: Proxied(toxiproxy=group.name, proxy=link.proxy) for group in groups for link in group.links}
    return Binding(
        cluster=Cluster(kubeconfig=str(site.folders.kubeconfig), context=site.cgroup, namespaces=namespaces),
        nodes={
            place.name: Node(
                address=place.address,
                kubelet=f"kubelet/{place.name}->apiserver",
                kube_proxy=f"kube-proxy/{place.name}->apiserver",
                zone=shape.zone_of(place.name),
            )
            for place in site.places.nodes
        },
        toxiproxies={
            group.name: Toxiproxy(api=f"http://{group.api}", restart=(*lab, "restart", group.name, *named))
            for group in groups
        },
        links=links,
        entries=_entries(site, links),
        commands={verb: (*lab, verb, "{target}", *named) for verb in ("stop", "start", "restart", "cut", "join")},
        allow=Allow(namespaces=namespaces, nodes=shape.node_names, links=tuple(links), components=components),
    )


def _entries(site: Site, links: dict[str, Proxied]) -> dict[str, str]:
    through_links = {s.link: app.entry(site.places, s.name) for s in app.SERVICES if s.link in links}
    through_envoy = {f"{s.caller}->envoy->{s.name}": app.mesh_entry(site.places, s) for s in app.OUTER}
    return through_links | (through_envoy if site.shape.envoy else {})


def write_binding(site: Site, components: tuple[str, ...]) -> None:
    """Write the binding file of a lab."""
    import yaml

    data = binding(site, components).model_dump(mode="json", exclude_none=True)
    site.folders.binding.write_text(yaml.safe_dump(data, sort_keys=False, width=120), encoding="utf-8")


def read_binding(path: Path) -> Binding:
    """Return what a binding file says. Raises LabError that names the file and every field that does not fit."""
    import yaml

    try:
        data: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Binding.model_validate(data)
    except OSError as error:
        raise LabError(f"{path}: {error.strerror}") from None
    except yaml.YAMLError as error:
        raise LabError(f"{path}: no YAML: {error}") from None
    except ValidationError as error:
        found = "".join(f"\n  {'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise LabError(f"{path}: this is no binding of version 1:{found}") from None
