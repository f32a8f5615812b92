"""guardian: the dead man's switch beside each toxiproxy of the lab.

It takes back the faults of a chaos runner that fell silent: those of its toxiproxy, and those that were made by lab
commands. What it is told and what it does then: `chaos/lab/workloads/guardian`.
"""

from __future__ import annotations

import json
import sys

from chaos.lab import ports
from chaos.lab.component import Component, Http, Listens, Restart
from chaos.lab.links import Group
from chaos.lab.site import Site

__all__ = ["COMMANDS", "guardian", "guardian_name", "guardian_url"]

RESTART = Restart(0.1)  # assumption: as its toxiproxy; its deadline goes on in its state file meanwhile
COMMANDS = ("start", "join")
"""The commands of the lab that mend: they may be armed for any component or node."""


def guardian_name(group: Group) -> str:
    """Return the name of the guardian of a group of links: `toxiproxy-node-1` has `guardian-node-1`."""
    return group.name.replace("toxiproxy-", "guardian-", 1)


def guardian_url(site: Site, group: Group) -> str:
    """Return its address, as `chaos.guard.Guardian` takes it: a Unix socket.

    It must be reached in a node whose network a fault has cut. Where nodes are simulated there is no network to cut,
    and a user's own folder may be too long for a socket: there it is a port of the loopback.
    """
    if site.places.switch:
        return f"unix:{site.folders.run / guardian_name(group)}.sock"
    host, _, port = group.api.rpartition(":")
    return f"http://{host}:{int(port) + ports.GUARDIAN}"


def guardian(site: Site, group: Group) -> Component:
    """Return the guardian of a group. Commands of the lab are run by this very interpreter, for this very lab."""
    name, url = guardian_name(group), guardian_url(site, group)
    commands = {verb: _command(site, verb, "{target}") for verb in COMMANDS}
    return Component(
        name=name,
        kind="guardian",
        place=group.place,
        argv=(
            site.program("guardian"),
            *("-listen", url.removeprefix("http://")),
            *("-toxiproxy", f"http://{group.api}"),
            *("-state", str(site.folders.data(name) / "state.json")),
            *("-restart", _command(site, "restart", group.name)),
            *(word for verb, words in commands.items() for word in ("-command", f"{verb}={words}")),
        ),
        # where `lab` looks for labs: STATE/weatherglass/labs/NAME is this one
        env={"XDG_STATE_HOME": str(site.folders.home.parents[2])},
        ready=Listens(url.removeprefix("unix:")) if site.places.switch else Http(f"{url}/state"),
        restart=RESTART,
        own_mounts=False,  # its commands start what lives among a node's mounts, which cannot be done from within them
    )


def _command(site: Site, verb: str, target: str) -> str:
    return json.dumps([sys.executable, "-m", "chaos", "lab", verb, target, "--name", site.shape.name])
