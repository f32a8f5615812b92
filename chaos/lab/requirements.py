"""What a machine must offer for a lab with real nodes: everything that is missing, at once, and what to do about it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from chaos.lab import cgroups
from chaos.lab.errors import LabError

__all__ = ["REQUIREMENTS", "Missing", "explain", "missing", "require"]

FREE_BYTES = 600 << 20  # a lab of three nodes takes 220 MB. Source: measured; the rest is room to live in
HOME_LETTERS = 64  # so that `nodes/node-20/pod-resources/kubelet.sock` below it stays within 107 (unix(7), sun_path)
ROOT = "root"
CONTROLLERS = ("cpu", "cpuacct", "cpuset", "memory", "pids")  # version 1; kubernetes 1.34 pkg/kubelet/cm


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that the machine does not offer: what, what it is for, how to get it."""

    what: str
    why: str
    how: str

    def __str__(self) -> str:
        return f"{self.what} ({self.why}): {self.how}"


def missing(home: Path, requirements: Iterable[Callable[[Path], Missing | None]] | None = None) -> tuple[Missing, ...]:
    """Return everything that is missing for a lab in the folder `home`; nothing is left changed by the look."""
    asked = REQUIREMENTS if requirements is None else tuple(requirements)
    found = tuple(each for each in (ask(home) for ask in asked) if each is not None)
    # without root nothing else can be looked at: what seems missing may be there
    return tuple(each for each in found if each.what == ROOT) or found


def require(home: Path, engine: str = "kubelet") -> None:
    """Raise LabError that names everything that is missing, and what can be done without it."""
    if found := missing(home, REQUIREMENTS if engine == "kubelet" else SIMULATED):
        raise LabError(explain(found, engine))


def explain(found: tuple[Missing, ...], engine: str = "kubelet") -> str:
    """Return what is missing as text for a person."""
    lines = "".join(f"  - {one}\n" for one in found)
    if engine == "kwok":
        return f"this machine cannot have a lab with simulated nodes; missing:\n{lines}".rstrip()
    return (
        f"this machine cannot have a lab with real nodes; missing:\n{lines}"
        "Without these: `weatherglass lab up --engine kwok` (a real control plane with simulated nodes), or a cluster "
        "of your own and a binding file for it."
    )


def _linux(_: Path) -> Missing | None:
    if sys.platform == "linux":
        return None
    return Missing(
        "Linux", f"this is {sys.platform}; nodes are network namespaces", "use a Linux machine or virtual machine"
    )


def _root(_: Path) -> Missing | None:
    if os.geteuid() == 0:
        return None
    return Missing(ROOT, f"user {os.geteuid()} may not make network namespaces", "run it with sudo")


def _tools(_: Path) -> Missing | None:
    packages = {
        "ip": "iproute2",
        "nsenter": "util-linux",
        "unshare": "util-linux",
        "umount": "mount",
        "iptables": "iptables",
        "iptables-restore": "iptables",
    }
    absent = [tool for tool in packages if shutil.which(tool, path="/usr/sbin:/usr/bin:/sbin:/bin") is None]
    if not absent:
        return None
    install = " ".join(dict.fromkeys(packages[tool] for tool in absent))
    return Missing(", ".join(absent), "networks and services are made with them", f"apt-get install {install}")


def _networks(_: Path) -> Missing | None:
    """Try what a lab does, in a namespace that goes with the trial."""
    trial = "ip link add name t0 type bridge && ip link add name t1 type veth peer name t2 && mount -t tmpfs none /run"
    command = ("unshare", "--net", "--mount", "--uts", "sh", "-c", trial)
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Missing("network namespaces", str(error), "apt-get install util-linux iproute2")
    if done.returncode == 0:
        return None
    how = "run it where these are allowed: a virtual machine, or a container with --privileged"
    return Missing("namespaces with bridges, veth pairs and mounts", done.stderr.strip(), how)


def _overlay(_: Path) -> Missing | None:
    if "overlay" in Path("/proc/filesystems").read_text(encoding="ascii").split():
        return None
    return Missing("the overlay file system", "containers are made of layers", "modprobe overlay")


def _cgroups(_: Path) -> Missing | None:
    roots = cgroups.hierarchies()
    named = [controller for root in roots for controller in root.name.split(",")]
    unified = [(root / "cgroup.controllers") for root in roots]
    passed_on = [name for file in unified if file.exists() for name in file.read_text(encoding="ascii").split()]
    # version 2 has no controller of its own for the accounting of processors
    absent = [name for name in CONTROLLERS if name not in named + passed_on and not (name == "cpuacct" and passed_on)]
    if not absent and os.access(roots[0], os.W_OK):
        return None
    lacking = ", ".join(absent) or "the right to write"
    return Missing(f"cgroups ({lacking})", "pods live in them", "mount /sys/fs/cgroup with them, writable")


def _room(home: Path) -> Missing | None:
    there = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    if free >= FREE_BYTES:
        return None
    what = f"{FREE_BYTES >> 20} MB of disk at {there}"
    return Missing(what, f"{free >> 20} MB are free", "free some, or set XDG_STATE_HOME to a folder with more room")


def _short(home: Path) -> Missing | None:
    if len(str(home)) <= HOME_LETTERS:
        return None
    why = f"{home} has {len(str(home))} letters, and kubelets keep sockets below it"
    return Missing(f"a path of at most {HOME_LETTERS} letters", why, "set XDG_STATE_HOME to a shorter one")


REQUIREMENTS: tuple[Callable[[Path], Missing | None], ...] = (
    _linux,
    _root,
    _tools,
    _networks,
    _overlay,
    _cgroups,
    _room,
    _short,
)
SIMULATED: tuple[Callable[[Path], Missing | None], ...] = (_linux, _room)
