"""containerd: one a node, with its own root, state and socket; and the task that loads the lab's images into it."""

from __future__ import annotations

import json
from pathlib import Path

from chaos.lab.component import Component, Exists, Listens
from chaos.lab.places import Place
from chaos.lab.site import Site

__all__ = ["containerd", "images", "socket"]

# What the lines buy. nri off: no socket of a fixed path. restrict_oom_score_adj: sandboxes start where the machine
# withholds CAP_SYS_RESOURCE. netns_mounts_under_state_dir: pods' namespaces are no files in /run/netns, which is the
# machine's. use_internal_loopback: one plugin less. Source: containerd 2.4.2 internal/cri/config/config.go
CONFIG = """\
version = 3
root = {root}
state = {state}
[grpc]
address = {socket}
[plugins.'io.containerd.cri.v1.runtime']
disable_apparmor = true
restrict_oom_score_adj = true
netns_mounts_under_state_dir = true
[plugins.'io.containerd.nri.v1.nri']
disable = true
[plugins.'io.containerd.cri.v1.runtime'.cni]
bin_dirs = [{plugins}]
conf_dir = {networks}
use_internal_loopback = true
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
runtime_type = 'io.containerd.runc.v2'
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
BinaryName = {runc}
[plugins.'io.containerd.cri.v1.images'.pinned_images]
sandbox = {sandbox}
"""


def socket(site: Site, place: Place) -> str:
    """Return the path of a node's containerd socket. It is short: a Unix socket's path takes 107 letters."""
    return str(site.folders.run / place.name / "containerd.sock")


def containerd(site: Site, place: Place) -> Component:
    """Return the containerd of a node; its pods get addresses of the node's own range."""
    name = f"containerd-{place.name}"
    config, networks = site.folders.config(name) / "config.toml", site.folders.config(name) / "networks"
    shim, runc = Path(site.program("containerd-shim-runc-v2")), Path(site.program("runc"))
    text = CONFIG.format(
        root=json.dumps(str(site.folders.data(name))),
        state=json.dumps(str(site.folders.run / place.name / "state")),
        socket=json.dumps(socket(site, place)),
        plugins=json.dumps(str(Path(site.program("ptp")).parent)),
        networks=json.dumps(str(networks)),
        runc=json.dumps(str(runc)),
        sandbox=json.dumps(site.sandbox_image),
    )
    return Component(
        name=name,
        kind="containerd",
        place=place.name,
        argv=(site.program("containerd"), "--config", str(config)),
        env={"PATH": f"{shim.parent}:/usr/sbin:/usr/bin:/sbin:/bin"},
        files={str(config): text, str(networks / "pods.conflist"): _network(site, place)},
        ready=Listens(socket(site, place)),
    )


def _network(site: Site, place: Place) -> str:
    # ptp, not bridge: pods of one node reach each other by the node's routes, so that an answer by way of a ClusterIP
    # finds its way back through the node's rules. On a bridge it would need the kernel's br_netfilter for that.
    state = site.folders.data(f"cni-{place.name}")
    plugin = {
        "type": "ptp",
        "ipMasq": False,
        "ipam": {
            "type": "host-local",
            "dataDir": str(state),
            "ranges": [[{"subnet": place.pods}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        },
    }
    return json.dumps({"cniVersion": "1.0.0", "name": place.netns, "plugins": [plugin]}, indent=1)


def images(site: Site, place: Place) -> Component:
    """Return the task that loads every image of the lab into a node's containerd, once."""
    name = f"images-{place.name}"
    mark = str(site.folders.data(name) / "loaded")
    load = (
        'for image in "$@"; do "$CTR" -a "$SOCKET" -n k8s.io images import --local "$image" || exit 1; done; : >"$MARK"'
    )
    return Component(
        name=name,
        kind="images",
        place=place.name,
        argv=("/bin/sh", "-c", load, "sh", *map(str, site.images)),
        env={"CTR": site.program("ctr"), "SOCKET": socket(site, place), "MARK": mark},
        after=(f"containerd-{place.name}",),
        ready=Exists(mark),
    )
