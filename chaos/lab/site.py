"""What a component must know about its lab: the shape, the places, the folders, the programs, the secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chaos.lab.links import Group, groups
from chaos.lab.places import Places
from chaos.lab.shape import Shape

__all__ = ["Folders", "Site", "users"]


@dataclass(frozen=True, slots=True)
class Folders:
    """A lab's folders: `home` outlives a reboot, `run` has the sockets (a Unix socket's path takes 107 letters)."""

    home: Path
    run: Path

    @property
    def kubeconfig(self) -> Path:
        """Return the kubeconfig of the administrator."""
        return self.home / "kubeconfig"

    @property
    def binding(self) -> Path:
        """Return the binding file."""
        return self.home / "binding.yaml"

    @property
    def certificates(self) -> Path:
        """Return where keys and certificates are."""
        return self.home / "certificates"

    def config(self, component: str) -> Path:
        """Return the folder of a component's configuration."""
        return self.home / "config" / component

    def data(self, component: str) -> Path:
        """Return the folder in which a component keeps what it must not lose."""
        return self.home / "data" / component

    def kubelet(self, node: str) -> Path:
        """Return the folder of a node's kubelet; it holds sockets, so its path is short."""
        return self.home / "nodes" / node

    def log(self, component: str) -> Path:
        """Return a component's log."""
        return self.home / "logs" / f"{component}.log"


@dataclass(frozen=True, slots=True)
class Site:
    """One lab, as its components see it. `programs`: name → path of a binary; `tokens`: user → bearer token."""

    shape: Shape
    places: Places
    folders: Folders
    programs: Mapping[str, Path]
    tokens: Mapping[str, str]
    images: tuple[Path, ...] = ()
    sandbox_image: str = ""
    services: tuple[tuple[str, str], ...] = ()

    @property
    def groups(self) -> tuple[Group, ...]:
        """Return the links of this lab, in their groups."""
        return groups(self.shape, self.places, self.services)

    @property
    def api_component(self) -> str:
        """Return the component through which everybody reaches the API: the balancer, or the only server's."""
        return "haproxy" if self.places.balancer else f"kube-apiserver-{self.shape.server_names[0]}"

    @property
    def cgroup(self) -> str:
        """Return the name of the lab's cgroup, in every hierarchy."""
        return f"weatherglass.{self.shape.name}"

    def program(self, name: str) -> str:
        """Return the path of a program. Raises KeyError if it is none of this lab."""
        return str(self.programs[name])

    def certificate(self, name: str) -> str:
        """Return the path of a file of keys or certificates."""
        return str(self.folders.certificates / name)


def users(shape: Shape) -> dict[str, tuple[str, str]]:
    """Return who logs in with a token: short name → (user, group), as the roles of Kubernetes name them.

    Source: kubernetes 1.34 plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go; nodes: the Node authorizer.
    """
    fixed = {
        "admin": ("admin", "system:masters"),
        "controller-manager": ("system:kube-controller-manager", ""),
        "scheduler": ("system:kube-scheduler", ""),
        "kube-proxy": ("system:kube-proxy", ""),
        "coredns": ("coredns", ""),
    }
    if shape.engine == "kwok":  # it plays every node
        return fixed | {"kwok": ("kwok", "system:masters")}
    return fixed | {node: (f"system:node:{node}", "system:nodes") for node in shape.node_names}
