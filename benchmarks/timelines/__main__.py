"""Record faults done to labs, and write what they show: `python -m benchmarks.timelines [FAULT…] [--repetitions N]`.

Repetitions that exist are not done again: after an interruption the same command goes on. `--table`: only the table.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.timelines import table
from benchmarks.timelines.faults import FAULTS, LABS
from benchmarks.timelines.recording import NotSteady, record
from chaos.lab.record import Lab
from sim.errors import HarnessError

HERE = Path(__file__).parent
LAB_TRIES = 3  # how often a lab is made anew for one repetition before all is given up
COMMAND_LIMIT_S = 900.0  # of one `lab` command; building all parts takes 10 minutes


def main(arguments: list[str]) -> int:
    """Record what is missing, lab after lab, then write the table. Return 1 if repetitions are still missing."""
    asked = _asked(arguments)
    chosen = asked.faults or list(FAULTS)
    if unknown := [name for name in chosen if name not in FAULTS]:
        print(f"no fault {', '.join(unknown)}; accepted: {', '.join(FAULTS)}", file=sys.stderr)
        return 2
    left = 0
    if not asked.table:
        for kind in LABS:
            faults = [name for name in chosen if FAULTS[name].lab == kind]
            left += _record_all(f"{asked.lab}-{kind}", kind, faults, asked.repetitions)
    table.write(HERE)
    return 1 if left else 0


def _asked(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.timelines", description=__doc__)
    parser.add_argument("faults", nargs="*", metavar="FAULT", help=", ".join(FAULTS))
    parser.add_argument("--repetitions", type=int, default=10)
    parser.add_argument(
        "--lab", default="timelines", help="what its labs' names begin with; two runs may share a machine"
    )
    parser.add_argument("--table", action="store_true", help="record nothing, only write the table")
    return parser.parse_args(arguments)


def _missing(faults: list[str], repetitions: int) -> list[tuple[str, int]]:
    """Return what is not recorded yet, one repetition of each fault after another: nodes and loads are shared out."""
    wanted = [(name, number) for number in range(repetitions) for name in faults]
    return [(name, number) for name, number in wanted if not _folder(name, number).exists()]


def _folder(name: str, number: int) -> Path:
    return HERE / name / f"{number:02d}"


def _record_all(name: str, kind: str, faults: list[str], repetitions: int) -> int:
    """Record on one lab what is missing; a lab that is spoilt is made anew. Return how many are still missing."""
    tries = 0
    while (missing := _missing(faults, repetitions)) and tries < LAB_TRIES:
        _lab("down", "--name", name)
        try:
            _lab("up", "--name", name, *LABS[kind])
            _record_some(Lab.named(name), missing)
        except (NotSteady, HarnessError, OSError, subprocess.SubprocessError) as error:
            print(f"{kind}: {type(error).__name__}: {error}; the lab is made anew", flush=True)
        finally:
            _lab("down", "--name", name)
        tries = 0 if len(_missing(faults, repetitions)) < len(missing) else tries + 1
    return len(_missing(faults, repetitions))


def _record_some(lab: Lab, missing: list[tuple[str, int]]) -> None:
    for name, number in missing:
        began_s, folder = time.monotonic(), _folder(name, number)
        shutil.rmtree(folder.with_name(folder.name + ".partial"), ignore_errors=True)
        record(lab, name, FAULTS[name], number, folder)
        print(f"{time.strftime('%H:%M:%S')} {name} {number}: {time.monotonic() - began_s:.0f} s", flush=True)


def _lab(*words: str) -> None:
    command = [sys.executable, "-m", "chaos", "lab", *words]
    done = subprocess.run(command, check=False, timeout=COMMAND_LIMIT_S, capture_output=True, text=True)
    if done.returncode:
        raise NotSteady(f"lab {' '.join(words)}: exit {done.returncode}: {done.stderr[-600:].strip()}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
