"""`python -m chaos.lab.parts [NAME…]`: bring parts, all by default, and print each program and its place."""

from __future__ import annotations

import argparse
import sys

from chaos.lab.parts import Lines, ensure
from chaos.lab.parts.catalogue import catalogue
from sim.errors import HarnessError

__all__ = ["main"]


def main(words: list[str] | None = None) -> int:
    """Bring what `words` name, print `PROGRAM<tab>PATH` lines, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m chaos.lab.parts", description="Bring the parts of the lab.")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="a part (kubernetes) or a program (kubelet); all if none"
    )
    parser.add_argument("--verify", action="store_true", help="compare the cached programs with their checksums")
    asked = parser.parse_args(words)
    try:
        parts = ensure(asked.names or [part.name for part in catalogue()], Lines(), verify=asked.verify)
    except HarnessError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    for program, path in parts.programs.items():
        print(f"{program}\t{path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
