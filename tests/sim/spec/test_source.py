"""Where a scenario comes from."""

from __future__ import annotations

import io
import sys
from types import SimpleNamespace

import pytest

from sim.errors import ScenarioError
from sim.spec.source import MOST_BYTES, read, shipped, shipped_folder


def _refusal(source):
    with pytest.raises(ScenarioError) as error:
        read(source)
    return str(error.value)


def test_a_shipped_scenario_is_found_by_name():
    """The name of a scenario that ships is enough, from any directory."""
    source = read("lose-one-server-of-three")
    assert source.text == (shipped_folder() / "lose-one-server-of-three.yaml").read_text(encoding="utf-8")
    assert "lose-one-server-of-three" in shipped()


def test_a_file_of_that_name_comes_before_a_shipped_one(tmp_path, monkeypatch):
    """What stands in the working directory is meant, unless it is a directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lose-one-server-of-three").mkdir()
    assert "version: 1" in read("lose-one-server-of-three").text
    (tmp_path / "lose-one-server-of-three").rmdir()
    (tmp_path / "lose-one-server-of-three").write_text("mine")
    assert read("lose-one-server-of-three").text == "mine"


def test_a_dash_is_standard_input(monkeypatch):
    """`-` reads what is piped in."""
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"\xef\xbb\xbfversion: 1\n")))
    source = read("-")
    assert (source.file, source.text) == ("<stdin>", "version: 1\n")


def test_what_cannot_be_read_says_why(tmp_path, monkeypatch):
    """Missing, a directory, no text, too large: each is one line that names the file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bytes").write_bytes(b"version: 1\nname: \xff\xfe\n")
    (tmp_path / "large").write_bytes(b"#" * (MOST_BYTES + 1))
    assert _refusal("lose-one-server-of-tree").startswith(
        "lose-one-server-of-tree: no such file, and no shipped scenario; did you mean lose-one-server-of-three? ship"
    )
    assert _refusal(".").startswith(".: is a directory (")
    assert _refusal("bytes") == "bytes:2: byte 0xff is no UTF-8 text; accepted: a YAML file in UTF-8"
    assert _refusal("large") == "large: is larger than 1 MiB; accepted: a scenario of at most that size"
    assert "cannot be read (" in _refusal("a\0b")
    assert "cannot be read (" in _refusal("x" * 5000)
