"""toxiproxy: the process of one group of links."""

from __future__ import annotations

import json

from chaos.lab.component import Component, Http, Restart
from chaos.lab.links import Group
from chaos.lab.site import Site

__all__ = ["toxiproxy"]

# assumption: short enough that nobody waits for it, long enough that a server which dies at its start does not spin
RESTART = Restart(0.1)


def toxiproxy(site: Site, group: Group) -> Component:
    """Return the toxiproxy of a group, started with a file that lists its proxies, healthy.

    So to kill it is to heal every link of the group: the supervisor starts it again. At its usual log level 2.12.0
    writes 2 kB a connection; a broken configuration leaves it running and empty, which `ready` cannot see.
    """
    host, _, port = group.api.rpartition(":")
    config = str(site.folders.config(group.name) / "proxies.json")
    proxies = [
        {"name": link.proxy, "listen": link.listen, "upstream": link.upstream, "enabled": True} for link in group.links
    ]
    return Component(
        name=group.name,
        kind="toxiproxy",
        place=group.place,
        argv=(site.program("toxiproxy-server"), "-host", host, "-port", port, "-config", config),
        env={"LOG_LEVEL": "error"},
        files={config: json.dumps(proxies, indent=1)},
        ready=Http(f"http://{group.api}/version"),
        restart=RESTART,
    )
