"""A component of the lab as a value: what is run, where, what it needs first, and how one sees that it is ready."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["NEVER", "Component", "Exists", "Http", "Listens", "Probe", "Restart"]


@dataclass(frozen=True, slots=True)
class Http:
    """Ready when a GET of `url` is answered with 200. Certificates are not looked at: a probe asks for health only."""

    url: str


@dataclass(frozen=True, slots=True)
class Listens:
    """Ready when somebody listens at `at`: a path of a Unix socket, or `ADDRESS:PORT`."""

    at: str


@dataclass(frozen=True, slots=True)
class Exists:
    """Ready when the file `path` is there: for a task that runs once and leaves a mark."""

    path: str


Probe = Http | Listens | Exists


@dataclass(frozen=True, slots=True)
class Restart:
    """Whether the supervisor starts it again after it ended by itself, and how long after; None: never."""

    after_s: float | None = None


NEVER = Restart()


@dataclass(frozen=True, slots=True)
class Component:
    """One process of the lab.

    `place`: the network namespace's name in the plan (`server-1`, `node-2`, `edge`). `after`: names of components that
    must be ready first. `files`: path → text, written before it starts; they hold secrets, so only the owner may read
    them. `own_mounts`: on a node it lives among the node's mounts.
    """

    name: str
    kind: str
    place: str
    argv: tuple[str, ...]
    ready: Probe
    after: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    restart: Restart = NEVER
    own_mounts: bool = True

    @property
    def is_task(self) -> bool:
        """Return whether it runs once and ends, instead of staying."""
        return isinstance(self.ready, Exists)
