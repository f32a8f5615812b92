"""What `init` writes."""

from __future__ import annotations

import json

import pytest

from sim.errors import ScenarioError
from sim.spec.load import load
from sim.spec.schema import file_schema
from sim.spec.template import SCHEMA_FILE, template, write_template


def test_the_template_names_its_schema_in_its_first_line(tmp_path):
    """Editors with the YAML language server check and complete the file; the schema lies beside it."""
    written = write_template(tmp_path / "My File.yaml")
    assert [path.name for path in written] == ["My File.yaml", SCHEMA_FILE]
    first = written[0].read_text(encoding="utf-8").partition("\n")[0]
    assert first == f"# yaml-language-server: $schema={SCHEMA_FILE}"
    assert json.loads(written[1].read_text(encoding="utf-8")) == file_schema()
    assert load(written[0]).base.name == "my-file"


def test_nothing_is_ever_overwritten(tmp_path):
    """An existing scenario or schema stays as it is, and a second scenario shares the schema."""
    (tmp_path / SCHEMA_FILE).write_text("mine")
    assert write_template(tmp_path / "one.yaml") == (tmp_path / "one.yaml",)
    (tmp_path / "one.yaml").write_text("mine too")
    with pytest.raises(ScenarioError, match=r"one\.yaml: is there already, and init overwrites nothing"):
        write_template(tmp_path / "one.yaml")
    assert [(tmp_path / name).read_text() for name in ("one.yaml", SCHEMA_FILE)] == ["mine too", "mine"]


def test_a_folder_that_is_not_there_is_an_input_error(tmp_path):
    """It says what is wrong, without a traceback."""
    with pytest.raises(ScenarioError, match="cannot be written"):
        write_template(tmp_path / "nowhere" / "one.yaml")
    with pytest.raises(ScenarioError, match=r"is there already|cannot be written"):
        write_template(tmp_path)


def test_the_template_is_small():
    """A page, not a manual."""
    assert template().count("\n") < 60
