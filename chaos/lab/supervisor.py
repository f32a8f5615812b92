"""Brings back what has ended by itself: `python -m chaos.lab.supervisor NAME LABS`, a process of its own.

It looks at the roster four times a second. What was stopped on purpose, or whose plan says never, stays down.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from chaos.lab.component import NEVER, Component
from chaos.lab.plan import components
from chaos.lab.process import launch
from chaos.lab.record import Lab
from chaos.lab.roster import Entry, Roster
from chaos.lab.site import Site
from chaos.lab.starting import cgroup_of, launch_component

__all__ = ["SUPERVISOR", "main", "start_supervisor", "supervise"]

SUPERVISOR = "supervisor"
LOOK_S = 0.25


def start_supervisor(lab: Lab, site: Site) -> None:
    """Start the supervisor of a lab, before anything that it may have to bring back."""
    argv = (sys.executable, "-m", "chaos.lab.supervisor", lab.name, str(lab.labs))
    process = launch(
        argv,
        env=dict(os.environ),
        log=site.folders.log(SUPERVISOR),
        cgroup=cgroup_of(site, SUPERVISOR),
        mark=str(site.folders.run),
    )
    lab.roster.put(SUPERVISOR, Entry(process))


def supervise(site: Site, roster: Roster) -> None:
    """Watch for ever."""
    watched = [component for component in components(site) if component.restart != NEVER]
    ended_s: dict[str, float] = {}
    while True:
        for component in watched:
            _look(site, component, roster, ended_s)
        time.sleep(LOOK_S)


def _look(site: Site, component: Component, roster: Roster, ended_s: dict[str, float]) -> None:
    """Start a component whose process has been gone for long enough. `ended_s`: since when, by name."""
    entry, now_s = roster.get(component.name), time.monotonic()
    if entry is None or not entry.wanted or entry.running:
        ended_s.pop(component.name, None)
        return
    since_s = ended_s.setdefault(component.name, now_s)
    assert component.restart.after_s is not None
    if now_s - since_s < component.restart.after_s:
        return
    with roster.lock(component.name):
        again = roster.get(component.name)
        if again is not None and again.wanted and not again.running:
            print(f"{component.name} had ended; it is started again", flush=True)
            launch_component(site, component, roster)
    del ended_s[component.name]  # one that ends again at once waits again


def main() -> None:
    """Watch the lab that the command line names."""
    name, labs = sys.argv[1:]
    lab = Lab(name, Path(labs))
    supervise(lab.site(), lab.roster)


if __name__ == "__main__":
    main()
