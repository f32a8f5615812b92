"""The command line: words, exit codes, and what it does not load."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim import cli
from sim.errors import RunError

ROOT = Path(cli.__file__).resolve().parent.parent
HEAVY = (
    "pydantic",
    "numpy",
    "scipy",
    "simpy",
    "networkx",
    "polars",
    "matplotlib",
    "pyarrow",
    "yaml",
    "rich",
    "asyncio",
)


def _run(*arguments: str, cwd: Path = ROOT, code: str = "import sys; from chaos.cli import main; sys.exit(main())"):
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r}); {code}"
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
    )


def _loaded_by(*arguments: str) -> list[str]:
    code = (
        "from chaos.cli import main; code = main(); "
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr); sys.exit(code)"
    )
    return json.loads(_run(*arguments, code=code).stderr.strip().splitlines()[-1].replace("'", '"'))


@pytest.mark.parametrize("arguments", [[], ["--help"], ["--version"]])
def test_help_loads_nothing_that_is_slow(arguments):
    """By module name, never by time."""
    assert _loaded_by(*arguments) == []


def test_validate_loads_neither_numpy_nor_the_simulator(small, tmp_path):
    """The language is checked by pydantic and a YAML parser alone."""
    path = tmp_path / "it.yaml"
    path.write_text(small)
    assert _loaded_by("validate", str(path)) == ["pydantic", "yaml"]


def test_without_arguments_it_says_what_to_try_first(capsys):
    """Somebody who types only the name gets the next three commands."""
    assert cli.main([]) == 0
    assert capsys.readouterr().out == cli.FIRST_STEPS


@pytest.mark.parametrize("module", ["sim", "chaos"])
def test_python_m_runs_the_same_program(module):
    """`python -m sim` and `python -m chaos` are the command."""
    done = subprocess.run(
        [sys.executable, "-m", module, "--version"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("weatherglass ")


@pytest.fixture
def small():
    """The text of a valid scenario."""
    from sim.spec.template import template

    return template()


def test_validate_tells_every_scenario_and_fails_if_one_is_wrong(small, tmp_path, capsys, monkeypatch):
    """Words go to standard output, problems to standard error; code 2."""
    monkeypatch.chdir(tmp_path)
    Path("good.yaml").write_text(small)
    Path("bad.yaml").write_text(small.replace("15m", "15").replace("cpu: 4", "cpus: 4"))
    assert cli.main(["validate", "good.yaml"]) == 0
    assert capsys.readouterr() == ("good.yaml: valid; options: as-it-is, retry\n", "")
    assert cli.main(["validate", "bad.yaml", "good.yaml", "none.yaml"]) == 2
    out, err = capsys.readouterr()
    assert out == "good.yaml: valid; options: as-it-is, retry\n"
    assert [line.partition(": ")[0] for line in err.splitlines()] == ["bad.yaml:8", "bad.yaml:14", "none.yaml"]


def test_validate_for_machines_prints_one_list_and_nothing_else(small, tmp_path, capsys, monkeypatch):
    """Problems are objects with file, line, path and message."""
    monkeypatch.chdir(tmp_path)
    Path("good.yaml").write_text(small)
    Path("bad.yaml").write_text(small.replace("15m", "15"))
    assert cli.main(["validate", "--json", "good.yaml", "bad.yaml"]) == 2
    out, err = capsys.readouterr()
    message = "'15' has no unit; accepted: a duration such as 5s, 250ms, 1m30s or 3d"
    problem = {"file": "bad.yaml", "line": 8, "path": "run.duration", "message": message}
    assert (json.loads(out), err) == (
        [
            {
                "scenario": "good.yaml",
                "valid": True,
                "options": ["as-it-is", "retry"],
                "not_simulated": {},
                "problems": [],
            },
            {"scenario": "bad.yaml", "valid": False, "options": [], "not_simulated": {}, "problems": [problem]},
        ],
        "",
    )


def test_validate_names_the_options_that_cannot_be_simulated(small, tmp_path, capsys, monkeypatch):
    """They are no error: the file is valid, and a real cluster may be able to do them."""
    monkeypatch.chdir(tmp_path)
    option = "  nameless: {add: {faults.names: {kind: dns_failure, at: 1m, for: 1m}}}\n"
    Path("good.yaml").write_text(small.rstrip() + "\n" + option)
    assert cli.main(["validate", "good.yaml"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == "good.yaml: valid; options: as-it-is, retry, nameless"
    assert second.startswith(
        "good.yaml: option nameless is for a real cluster alone: its fault names (dns_failure) is not in the model: "
    )


def test_schema_prints_a_json_schema(capsys):
    """On standard output, nothing else there."""
    assert cli.main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_init_writes_a_scenario_that_validates_and_never_twice(tmp_path, capsys, monkeypatch):
    """The first command of a newcomer, and the second."""
    monkeypatch.chdir(tmp_path)
    assert cli.main(["init", "mine.yaml"]) == 0
    assert capsys.readouterr().out == "wrote mine.yaml\nwrote weatherglass-1.schema.json\n"
    assert cli.main(["validate", "mine.yaml"]) == 0
    assert cli.main(["init", "mine.yaml"]) == 2
    assert "init overwrites nothing" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (RunError("disk full"), 3, "disk full\n"),
        (KeyboardInterrupt(), 3, "stopped\n"),
        (ZeroDivisionError("oops"), 70, "This is a bug of weatherglass. Please report it with the lines above and"),
    ],
)
def test_every_ending_has_its_words_and_code(monkeypatch, capsys, raised, code, said):
    """Errors of ours are text, an interruption is `stopped`, a bug asks to be reported."""

    def fail(_: list[str]) -> int:
        raise raised

    monkeypatch.setattr(cli, "_invoke", fail)
    assert cli.main(["schema"]) == code
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["schem"], ["validate"], ["--what"], ["validate", "--what", "x"]])
def test_wrong_usage_is_code_2(arguments, capsys):
    """With the usage, on standard error."""
    assert cli.main(arguments) == 2
    assert "Usage: weatherglass" in capsys.readouterr().err


def test_a_reader_that_has_enough_causes_no_noise():
    """`weatherglass … | head -1` prints one line and no traceback."""
    if sys.platform == "win32":
        pytest.skip("there are no such pipes on Windows")
    code = "import sys, sim.cli; sim.cli.FIRST_STEPS = 'a line\\n' * 200_000; sys.exit(sim.cli.main([]))"
    writer = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": ""},  # unbuffered, a write that is cut short is no error
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert writer.stdout is not None
    assert writer.stderr is not None
    writer.stdout.readline()
    writer.stdout.close()
    assert (writer.stderr.read(), writer.wait()) == (b"", 3)
    writer.stderr.close()


@pytest.mark.parametrize("command", ["init", "validate", "simulate", "compare", "policies", "schema"])
def test_every_command_teaches_by_example(command, capsys):
    """Its help ends with an example of itself, and the list of commands has its whole first sentence."""
    assert cli.main([command, "-h"]) == 0
    shown = capsys.readouterr().out
    assert f"  weatherglass {command}" in shown
    assert cli.main(["--help"]) == 0
    listed = capsys.readouterr().out
    assert "..." not in listed.replace("[OPTIONS] COMMAND [ARGS]...", "")
    assert "Exit codes:" in listed


def test_an_output_without_our_letters_gets_others(monkeypatch):
    """A pipe on Windows or an ASCII locale shows `?` for `≥`, and is no bug of ours."""
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    monkeypatch.setattr(cli, "_invoke", lambda _: 0 * sys.stdout.write("share ≥ 99.9 %\n"))
    assert cli.main(["compare"]) == 0
    assert raw.getvalue() == b"share ? 99.9 %\n"


def test_a_full_disk_is_no_bug_of_ours(monkeypatch, capsys):
    """What the machine refuses is said, with code 3."""

    def fail(_: list[str]) -> int:
        raise OSError(28, "No space left on device", "runs/calls")

    monkeypatch.setattr(cli, "_invoke", fail)
    assert cli.main(["schema"]) == 3
    assert capsys.readouterr().err == "could not go on: [Errno 28] No space left on device: 'runs/calls'\n"
