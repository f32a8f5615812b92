"""What is installed: the wheel has the packages, the scenarios and the presets, and works from anywhere."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SCENARIOS = sorted(path.relative_to(ROOT / "scenarios").as_posix() for path in (ROOT / "scenarios").rglob("*.yaml"))
PRESETS = sorted(
    path.relative_to(ROOT / "sim" / "presets").as_posix() for path in (ROOT / "sim" / "presets").rglob("*.yaml")
)
SMALL = """\
version: 1
name: small
why: Does a retry help while one of two nodes is gone?
run: {duration: 60s, replications: 2, seed: 1}
cluster:
  nodes: {a: {cpu: 4, memory: 4GiB}, b: {like: a}}
workloads: {shop: {replicas: 2, spread: {over: nodes}, serves: {takes: 5ms, at_once: 4}}}
services: {shop: {of: shop}}
clients: {caller: {from: a, to: shop, arrivals: {every: 1s}, policy: none}}
policies: {twice: {kind: retry, attempts: 2, try_timeout: 1s, backoff: 100ms}}
faults: {gone: {kind: node_loss, node: b, at: 20s, for: 20s}}
objectives: {answers: {of: client/caller, metric: call_ok_share, at_least: 99%}}
options: {as-it-is: {}, retry: {set: {clients.caller.policy: twice}}}
"""


def _run(*command: str, cwd: Path) -> str:
    """Return what a command prints. It sees neither this checkout nor this environment's settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COV"))}
    done = subprocess.run(command, cwd=cwd, env=kept, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built with the build backend that is here: nothing is fetched."""
    out = tmp_path_factory.mktemp("wheel")
    _run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT), cwd=out)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with nothing but the wheel; what it depends on is lent by this one, below it in the path."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home, with_pip=False, symlinks=os.name != "nt")
    scripts = home / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / ("python.exe" if os.name == "nt" else "python")
    own = Path(_run(str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=home).strip())
    _run(
        sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index",
        "--disable-pip-version-check", str(wheel), cwd=home,
    )  # fmt: skip
    lent = dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib"))
    (own / "lent.pth").write_text("\n".join(lent) + "\n", encoding="utf-8")
    return scripts


def test_the_wheel_has_the_packages_and_their_data_and_nothing_else(wheel: Path) -> None:
    """Sources, their data, what the lab is built from, the typing markers; no tests, no pictures, no caches."""
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
    sources = [
        path.relative_to(ROOT).as_posix() for package in ("sim", "chaos") for path in (ROOT / package).rglob("*.py")
    ]
    data = [f"sim/scenarios/{name}" for name in SCENARIOS] + [f"sim/presets/{name}" for name in PRESETS]
    builds = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "chaos" / "lab").rglob("*")
        if path.suffix in {".toml", ".go", ".mod", ".sum", ".yaml"}
    ]
    assert sorted(names) == sorted([*sources, *data, *builds, "sim/py.typed", "chaos/py.typed"])


def test_the_wheel_knows_nothing_of_the_machine_that_built_it(wheel: Path) -> None:
    """No file in it contains the path of the checkout or of the home folder."""
    with zipfile.ZipFile(wheel) as archive:
        texts = {name: archive.read(name) for name in archive.namelist()}
    foreign = [str(ROOT).encode(), str(Path.home()).encode() + b"/"]
    assert [name for name, text in texts.items() if any(path in text for path in foreign)] == []


def test_the_installed_command_works_from_another_folder(installed: Path, tmp_path: Path) -> None:
    """A shipped scenario is found by its name, a file of one's own is compared over processes."""
    command = str(installed / "weatherglass")
    assert _run(command, "validate", "k3s-audit", cwd=tmp_path).partition(": ")[2].startswith("valid; options: ")
    (tmp_path / "small.yaml").write_text(SMALL, encoding="utf-8")
    shown = _run(command, "compare", "small.yaml", "--processes", "2", cwd=tmp_path)
    assert "answers: call_ok_share of client/caller" in shown
    home = _run(str(installed / "python"), "-c", "import sim, chaos; print(sim.__file__)", cwd=tmp_path)
    assert Path(home.strip()).is_relative_to(installed.parent)


def test_no_other_distribution_owns_our_packages() -> None:
    """`sim` and `chaos` are short names: whoever else brings one would be overwritten, or overwrite ours."""
    owners = packages_distributions()
    ours = [owner for name in ("sim", "chaos") for owner in owners.get(name, [])]  # an editable install lists few
    assert ours == ["weatherglass"] * len(ours)
