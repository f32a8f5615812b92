from __future__ import annotations

import pytest

from chaos.lab import whole
from chaos.lab.whole import write_whole


def test_a_file_is_new_or_old_never_half(tmp_path, monkeypatch):
    """What fails while it is written leaves the old text in its place."""
    path = tmp_path / "sub" / "file.json"
    write_whole(path, "old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(whole.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, "new")
    assert path.read_text() == "old"
    monkeypatch.undo()
    write_whole(path, "new")
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["file.json"]
