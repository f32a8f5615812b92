from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from chaos.lab.ledger import Thing, read, write

THINGS = st.lists(st.builds(Thing, st.sampled_from(["link", "cgroup"]), st.text(min_size=1, max_size=5)))


@given(THINGS, THINGS, st.integers(min_value=0))
def test_a_ledger_that_was_cut_short_names_what_it_had(tmp_path_factory, first, second, cut):
    """Whatever was whole is read, once each, in order; a line that a crash cut is not."""
    path = tmp_path_factory.mktemp("ledger") / "sub" / "ledger.jsonl"
    write(path, first)
    whole = len(path.read_bytes())
    write(path, second)
    assert read(path) == tuple(dict.fromkeys([*first, *second]))
    written = path.read_bytes()
    path.write_bytes(written[: whole + cut % (len(written) - whole + 1)])
    there = read(path)
    assert there[: len(dict.fromkeys(first))] == tuple(dict.fromkeys(first))
    assert there == tuple(dict.fromkeys([*first, *second]))[: len(there)]


def test_no_ledger_names_nothing(tmp_path: Path):
    """A lab without a ledger is not an error: a crash came first."""
    assert read(tmp_path / "ledger.jsonl") == ()
