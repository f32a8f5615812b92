from __future__ import annotations

import pytest

from chaos.lab.parts import Lines


def test_a_count_that_goes_on_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Steps of one kind in a row are one line on standard error, however many there are."""
    lines = Lines()
    for part, text in [
        ("a", "making 1"),
        ("a", "compiling 1 of 9"),
        ("a", "compiling 2 of 9"),
        ("b", "compiling 1 of 2"),
    ]:
        lines.step(part, text)
    lines.done("b", 1.25)
    assert capsys.readouterr() == (
        "",
        "a: making 1\na: compiling 1 of 9\nb: compiling 1 of 2\nb: there after 1.2 s\n",
    )
