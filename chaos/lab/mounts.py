"""A mount namespace for every node: what its containerd and kubelet mount is never seen outside, and goes with them.

Some folders are the same for every containerd and kubelet of a machine, whatever they are told (sockets of shims and of
device plugins, networks' caches, links to logs). In a node's namespace each of them is the node's own.
"""

from __future__ import annotations

from pathlib import Path

from chaos.lab.invoke import invoke
from chaos.lab.places import Places
from chaos.lab.site import Folders

__all__ = ["FIXED", "below", "handle", "make"]

# Source: containerd 2.4.2 defaults and cmd/containerd-shim-runc-v2/process/utils.go; libcni's cache; kubernetes 1.34.4
# pluginapi.KubeletSocket and pkg/kubelet/kuberuntime (legacyContainerLogsDir)
FIXED = ("/run/containerd", "/var/lib/cni", "/var/lib/kubelet", "/var/log/containers")


def handle(folders: Folders, node: str) -> Path:
    """Return the file that holds a node's mount namespace."""
    return folders.run / f"{node}.mounts"


def make(folders: Folders, places: Places) -> None:
    """Make the namespace of every node. The caller has written down that there will be mounts below `run`.

    `run` becomes a mount of its own, since a namespace can be held by a file on a private mount only (unshare(1)).
    """
    run = str(folders.run)
    invoke("mount", "--bind", run, run)
    invoke("mount", "--make-private", run)
    for place in places.nodes:
        held = handle(folders, place.name)
        held.touch()
        # a slave first: what this machine unmounts meanwhile is not held by us. Then shared: containers ask for that
        lines = ["mount --make-rshared /", *_own(folders.home / "fixed" / place.name)]
        invoke("unshare", f"--mount={held}", "--propagation=slave", "sh", "-ec", "\n".join(lines))


def _own(home: Path) -> list[str]:
    """Return the commands that give a node its own of every fixed folder; both ends are made if they are not there."""
    lines = []
    for fixed in FIXED:
        own = home / fixed.lstrip("/").replace("/", "-")
        own.mkdir(parents=True)
        Path(fixed).mkdir(parents=True, exist_ok=True)
        lines.append(f"mount --bind '{own}' {fixed}")
    return lines


def below(folder: str, mountinfo: str | None = None) -> list[str]:
    """Return the mount points at and below a folder, the deepest first.

    Source: proc(5), /proc/PID/mountinfo: field 5 is the mount point, a blank in it is \\040.
    """
    text = Path("/proc/self/mountinfo").read_text(encoding="utf-8") if mountinfo is None else mountinfo
    points = [row.split()[4].replace("\\040", " ") for row in text.splitlines()]
    return sorted((p for p in points if p == folder or p.startswith(f"{folder}/")), key=len, reverse=True)
