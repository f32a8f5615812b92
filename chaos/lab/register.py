"""The labs of one machine: their names and their numbers for addresses. One lock, one small folder.

Two labs must never take the same number, and a setting goes back to its old value when the last lab that needs it has
gone. So this is told to the machine (/run/weatherglass), not to a user's home.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chaos.lab import settings
from chaos.lab.errors import LabError
from chaos.lab.invoke import invoke
from chaos.lab.locks import locked
from chaos.lab.places import FIRST_INDEX, LAST_INDEX
from chaos.lab.whole import HALF, write_whole

__all__ = ["Claim", "Register", "machine_register", "state_folder"]


@dataclass(frozen=True, slots=True)
class Claim:
    """A lab that is on this machine: its name, its number, its folder."""

    name: str
    index: int
    home: Path


@dataclass(frozen=True, slots=True)
class Register:
    """The register in a folder; `kernel`: where the machine's settings are."""

    folder: Path
    kernel: Path = settings.KERNEL

    def claim(self, name: str) -> Path:
        """Return the file of a lab's claim."""
        return self.folder / "claims" / f"{name}.json"

    def claims(self) -> tuple[Claim, ...]:
        """Return the labs by name. One whose folder is gone has left nothing to protect: it is skipped."""
        found = []
        for path in sorted((self.folder / "claims").glob("*.json")):
            data = json.loads(path.read_text(encoding="utf-8"))
            found.append(Claim(path.stem, data["index"], Path(data["home"])))
        return tuple(claim for claim in found if claim.home.is_dir())

    def take(self, name: str, home: Path, *, changes: bool = True) -> int:
        """Claim a name and a free number for the lab at `home`, keep the machine's settings, and return the number.

        `changes`: whether the lab changes settings; simulated nodes change none.
        Raises LabError if a lab of that name is on the machine, or no number is free.
        """
        with self._held():
            there = {claim.name: claim for claim in self.claims()}
            if name in there:
                at = there[name].home
                raise LabError(f"a lab {name!r} is on this machine already, at {at}; give this one another --name")
            index = _free({claim.index for claim in there.values()})
            write_whole(self.claim(name), json.dumps({"index": index, "home": str(home)}))
            if changes:
                settings.keep(self.folder / "settings.json", self.kernel)
                settings.raise_inotify(self.kernel)
            return index

    def release(self, name: str) -> None:
        """Give a claim back; with the last one the machine's settings go back too, and the folder goes."""
        with self._held():
            self.claim(name).unlink(missing_ok=True)
            for half in (*self.folder.glob(f"*{HALF}"), *self.folder.glob(f"claims/{name}.json{HALF}")):
                half.unlink()  # a crash has left it
            if not self.claims():
                settings.put_back(self.folder / "settings.json")

    @contextmanager
    def _held(self) -> Iterator[None]:
        with locked(self.folder / "lock"):
            yield
        for folder in (self.folder / "claims", self.folder / "labs", self.folder):
            with contextlib.suppress(OSError):  # another lab is there
                folder.rmdir()


def state_folder(environ: Mapping[str, str]) -> Path:
    """Return what a user keeps over a boot: below `$XDG_STATE_HOME`, else `~/.local/state` (XDG base dirs 0.8)."""
    xdg = environ.get("XDG_STATE_HOME", "")
    state = Path(xdg) if os.path.isabs(xdg) else Path(os.path.expanduser("~")) / ".local" / "state"
    return state / "weatherglass"


def machine_register(environ: Mapping[str, str], user: int) -> Register:
    """Return the register of this machine, or one of his own for a user who is not root and cannot write that."""
    return Register(Path("/run/weatherglass") if user == 0 else state_folder(environ) / "run")


def _free(used: set[int]) -> int:
    """Return the first number that neither a lab nor a route of this machine uses."""
    routed = re.findall(r"\b10\.(\d+)\.", invoke("ip", "-4", "route", "show", "table", "all"))
    taken = used.union(map(int, routed))
    free = [index for index in range(FIRST_INDEX, LAST_INDEX + 1) if index not in taken]
    if not free:
        raise LabError(f"all addresses from 10.{FIRST_INDEX}.0.0 to 10.{LAST_INDEX}.0.0 are in use on this machine")
    return free[0]
