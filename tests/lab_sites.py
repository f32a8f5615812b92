"""Sites for tests: everything about a lab but the lab."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chaos.lab.places import places
from chaos.lab.plan import programs
from chaos.lab.shape import shape
from chaos.lab.site import Folders, Site, users

__all__ = ["a_site"]


def a_site(home: Path = Path("/home/labs/lab"), **asked: Any) -> Site:
    """Return the site of a shape, number 200, whose programs stand in /parts."""
    made = shape(**asked)
    where = places(made, 200)
    return Site(
        made,
        where,
        Folders(home, Path("/run/weatherglass/labs") / made.name),
        {name: Path("/parts") / name for name in programs(made)},
        {name: f"token-of-{name}" for name in users(made)},
        (Path("/images/pause.tar"), Path("/images/service.tar")),
        "weatherglass.local/pause:1",
        (("client->front", "10.200.240.20:80"),) if made.app else (),
    )
