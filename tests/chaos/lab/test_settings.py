from __future__ import annotations

import json

import pytest

from chaos.lab import settings
from chaos.lab.settings import INOTIFY, keep, put_back, raise_inotify


@pytest.fixture
def kernel(tmp_path, monkeypatch):
    """A kernel of files."""
    made = tmp_path / "sys"
    for name, value in {INOTIFY: "128", "vm/overcommit_memory": "0", "kernel/panic": "0"}.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(f"{value}\n")
    monkeypatch.setattr(settings, "FIXED", (str(tmp_path / "there"), str(tmp_path / "new")))
    (tmp_path / "there").mkdir()
    return made


def _values(kernel):
    return {name: (kernel / name).read_text().strip() for name in settings.SETTINGS if (kernel / name).exists()}


def test_settings_go_back_to_what_they_were_before_the_first_lab(kernel, tmp_path):
    """A second lab finds them changed and does not take that for their own value."""
    before, kept = _values(kernel), tmp_path / "settings.json"
    keep(kept, kernel)
    raise_inotify(kernel)
    (kernel / "kernel/panic").write_text("10")
    (tmp_path / "new").mkdir()
    keep(kept, kernel)
    assert _values(kernel) == before | {INOTIFY: "1024", "kernel/panic": "10"}
    put_back(kept)
    assert _values(kernel) == before
    assert not kept.exists()
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["sys", "there"]


def test_a_boot_has_put_everything_back(kernel, tmp_path):
    """What was kept before another boot is neither written nor trusted."""
    kept = tmp_path / "settings.json"
    old = {"boot": "another", "kernel": str(kernel), "values": {INOTIFY: "7"}, "folders": []}
    kept.write_text(json.dumps(old))
    before = _values(kernel)
    put_back(kept)
    assert (_values(kernel), kept.exists()) == (before, False)
    kept.write_text(json.dumps(old))
    keep(kept, kernel)
    assert json.loads(kept.read_text())["values"] == before


def test_more_stays_more(kernel):
    """A machine that allows more is left alone."""
    (kernel / INOTIFY).write_text("8192")
    raise_inotify(kernel)
    assert (kernel / INOTIFY).read_text() == "8192"


def test_nothing_kept_is_nothing_put_back(kernel, tmp_path):
    """No file, no change."""
    before = _values(kernel)
    put_back(tmp_path / "settings.json")
    assert _values(kernel) == before
