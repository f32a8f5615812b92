"""A tiny real environment for tests: things that commands break and mend, each a file that is there or not."""

from __future__ import annotations

from pathlib import Path

from chaos.binding import Allow, Binding, Cluster
from chaos.deeds import Hands
from chaos.deeds.command import Command

__all__ = ["Board"]

BREAK = 'test ! -e "$0/stuck-{target}" && touch "$0/{target}"'
MEND = 'test ! -e "$0/stuck-{target}" && rm -f "$0/{target}" && echo {target} >> "$0/mended"'


class Board:
    """`break NAME` makes the file NAME, `mend NAME` removes it; neither works while there is a `stuck-NAME`."""

    def __init__(self, folder: Path, names: tuple[str, ...] = ("one", "two", "three")) -> None:
        self.folder, self.names = folder, names
        commands = {verb: ("sh", "-c", script, str(folder)) for verb, script in (("break", BREAK), ("mend", MEND))}
        cluster = Cluster(kubeconfig=str(folder / "kubeconfig"), context="nowhere")
        self.hands = Hands(Binding(version=1, cluster=cluster, commands=commands, allow=Allow(components=names)))

    def deed(self, name: str) -> Command:
        """Return the deed that breaks a thing."""
        return Command(verb="break", back="mend", target=name)

    def stick(self, name: str) -> None:
        """Make a thing stay as it is, whatever is tried."""
        (self.folder / f"stuck-{name}").touch()

    @property
    def broken(self) -> list[str]:
        """Return what is broken now."""
        return [name for name in self.names if (self.folder / name).exists()]

    @property
    def mended(self) -> list[str]:
        """Return what was mended, in that order."""
        log = self.folder / "mended"
        return log.read_text().split() if log.exists() else []
