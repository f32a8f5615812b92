"""What labs change of the machine itself, and how that is put back: kernel settings, and folders that must exist."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from chaos.lab.mounts import FIXED
from chaos.lab.process import boot_id
from chaos.lab.whole import write_whole

__all__ = ["KERNEL", "SETTINGS", "keep", "put_back", "raise_inotify"]

KERNEL = Path("/proc/sys")

# The first by ourselves (128 instances a user are not enough for one cluster), the others by every kubelet (kubernetes
# 1.34 pkg/kubelet/cm/container_manager_linux.go, setupKernelTunables)
INOTIFY, ENOUGH = "fs/inotify/max_user_instances", 1024
SETTINGS = (
    INOTIFY,
    "vm/overcommit_memory",
    "vm/panic_on_oom",
    "kernel/panic",
    "kernel/panic_on_oops",
    "kernel/keys/root_maxkeys",
    "kernel/keys/root_maxbytes",
)


def keep(path: Path, kernel: Path = KERNEL) -> None:
    """Write the settings as they are to a file, unless an earlier lab of this boot did: it has changed them since."""
    if not path.exists() or json.loads(path.read_text(encoding="utf-8"))["boot"] != boot_id():
        new = [folder for folder in FIXED if not Path(folder).exists()]
        write_whole(
            path, json.dumps({"boot": boot_id(), "kernel": str(kernel), "values": _now(kernel), "folders": new})
        )


def put_back(path: Path) -> None:
    """Make the settings what a file says, and remove it; a boot since then has put them back already."""
    if not path.exists():
        return
    data = json.loads(path.read_text(encoding="utf-8"))
    kernel = Path(data["kernel"])
    now = _now(kernel) if data["boot"] == boot_id() else data["values"]
    for name, value in data["values"].items():
        if now[name] != value:
            (kernel / name).write_text(value, encoding="ascii")
    for folder in data["folders"]:  # made for the nodes' own of them
        with contextlib.suppress(OSError):  # gone already, or somebody else's by now
            Path(folder).rmdir()
    path.unlink()


def raise_inotify(kernel: Path = KERNEL) -> None:
    """Let a user have enough inotify instances for several clusters; more stays more."""
    path = kernel / INOTIFY
    if int(path.read_text(encoding="ascii")) < ENOUGH:
        path.write_text(str(ENOUGH), encoding="ascii")


def _now(kernel: Path) -> dict[str, str]:
    present = {name: kernel / name for name in SETTINGS}
    return {name: path.read_text(encoding="ascii").strip() for name, path in present.items() if path.exists()}
