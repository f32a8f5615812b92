"""A lab's record: what it was made as, from which its components can be computed again, by any later command."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from chaos.lab.errors import LabError, NoSuchLab
from chaos.lab.ledger import Thing
from chaos.lab.leftovers import everything
from chaos.lab.locks import Held, locked
from chaos.lab.places import Places, places
from chaos.lab.register import Register, machine_register, state_folder
from chaos.lab.roster import Roster
from chaos.lab.shape import Shape
from chaos.lab.site import Folders, Site
from chaos.lab.whole import write_whole

__all__ = ["Lab", "labs_folder"]


def labs_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder of all labs of a user."""
    return state_folder(environ) / "labs"


@dataclass(frozen=True, slots=True)
class Lab:
    """A lab by its name and the folder of all labs, whether it is there or not."""

    name: str
    labs: Path
    register: Register = field(default_factory=lambda: machine_register(os.environ, os.geteuid()))

    @classmethod
    def named(cls, name: str) -> Lab:
        """Return the lab of this user with a name."""
        return cls(name, labs_folder(os.environ))

    @property
    def folders(self) -> Folders:
        """Return its folders."""
        return Folders(self.labs / self.name, self.register.folder / "labs" / self.name)

    @property
    def ledger(self) -> Path:
        """Return the file of its ledger."""
        return self.folders.home / "ledger.jsonl"

    @property
    def roster(self) -> Roster:
        """Return its processes."""
        return Roster(self.folders.home / "processes")

    @property
    def owner(self) -> Path | None:
        """Return the folder of the lab that has this name on this machine: another one, if another user made it."""
        return {claim.name: claim.home for claim in self.register.claims()}.get(self.name)

    @property
    def cgroup(self) -> str:
        """Return the name of its cgroup, in every hierarchy."""
        return f"weatherglass.{self.name}"

    @property
    def things(self) -> tuple[Thing, ...]:
        """Return everything that it may have left on this machine by now, as its name says."""
        return everything(self.folders, self.places(), self.cgroup, str(self.register.claim(self.name)))

    @property
    def _file(self) -> Path:
        return self.folders.home / "lab.json"

    @property
    def exists(self) -> bool:
        """Return whether there is anything of it."""
        return self.folders.home.exists()

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the lab: `up` and `down` exclude each other. Raises LabError if somebody else holds it.

        Its file stands beside the lab's folder, since `down` removes that.
        """
        try:
            with locked(self.labs / f".{self.name}.lock", wait=False):
                yield
        except Held as held:
            raise LabError(f"lab {self.name!r} is being made or removed by process {held.holder}") from None

    def write(self, site: Site) -> None:
        """Write the record of a site; it holds the tokens, so only its owner can read it."""
        data = {
            "shape": asdict(site.shape),
            "index": site.places.index,
            "programs": {name: str(path) for name, path in site.programs.items()},
            "tokens": dict(site.tokens),
            "images": [str(path) for path in site.images],
            "sandbox_image": site.sandbox_image,
            "services": site.services,
        }
        write_whole(self._file, json.dumps(data, indent=1))

    def _read(self) -> dict[str, Any] | None:
        try:
            data: dict[str, Any] = json.loads(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return data

    def places(self) -> Places | None:
        """Return the places, None if a crash came before they were written down."""
        data = self._read()
        return places(Shape.from_dict(data["shape"]), data["index"]) if data else None

    def site(self) -> Site:
        """Return the site. Raises NoSuchLab if there is no such lab, or only the beginning of one."""
        data = self._read()
        if data is None:
            raise NoSuchLab(self._missing())
        shape = Shape.from_dict(data["shape"])
        return Site(
            shape,
            places(shape, data["index"]),
            self.folders,
            {name: Path(path) for name, path in data["programs"].items()},
            data["tokens"],
            tuple(map(Path, data["images"])),
            data["sandbox_image"],
            tuple((link, upstream) for link, upstream in data["services"]),
        )

    def _missing(self) -> str:
        there = ", ".join(sorted(path.parent.name for path in self.labs.glob("*/lab.json"))) or "none"
        what, made = f"there is no lab {self.name!r} in {self.labs}", f"weatherglass lab up --name {self.name}"
        if self.exists:
            what = f"lab {self.name!r} is only half made, at {self.folders.home}"
            made = f"weatherglass lab down --name {self.name}, then {made}"
        return f"{what}; accepted: one that is there ({there}), or a new one: {made}"
