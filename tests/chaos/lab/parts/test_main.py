from __future__ import annotations

from pathlib import Path

import pytest

from chaos.lab.parts.__main__ import main


@pytest.fixture
def old_nft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A PATH whose nft is too old."""
    (tmp_path / "nft").write_text("#!/bin/sh\necho nftables v0.9.8\n")
    (tmp_path / "nft").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))


def test_programs_are_printed_with_their_places(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Standard output has a line per program, and nothing else."""
    (tmp_path / "nft").write_text("#!/bin/sh\necho nftables v1.0.6\n")
    (tmp_path / "nft").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["nft"]) == 0
    assert capsys.readouterr() == (f"nft\t{tmp_path}/nft\n", "")


@pytest.mark.usefixtures("old_nft")
@pytest.mark.parametrize(("name", "code", "word"), [("nft", 3, "apt-get install nftables"), ("nfft", 2, "'nfft'")])
def test_what_cannot_be_had_is_an_exit_code(
    capsys: pytest.CaptureFixture[str], name: str, code: int, word: str
) -> None:
    """A missing package is exit code 3 and an unknown name 2, told on standard error."""
    assert main([name]) == code
    output = capsys.readouterr()
    assert output.out == ""
    assert word in output.err
