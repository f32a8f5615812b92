from __future__ import annotations

import pytest

from chaos.toxiproxy import ProxyState, ToxicState, objections, too_old


@pytest.mark.parametrize(
    ("version", "old"),
    [("2.5.0", True), ("1.9", True), ("2.6.0", False), ("v2.12.0", False), ("3.0", False), ("git", False)],
)
def test_a_server_without_patch_is_too_old(version, old):
    """2.6 is the first that has it; an unknown version has to be tried."""
    assert (too_old(version) is not None) is old


@pytest.mark.parametrize(
    ("listen", "own", "fits"),
    [
        ("127.0.0.1:80", (), True),
        ("[::1]:80", (), True),
        ("localhost:80", (), True),
        ("10.0.0.7:80", ("10.0.0.7",), True),
        ("10.0.0.8:80", ("10.0.0.7",), False),
        ("0.0.0.0:80", ("10.0.0.7",), False),
        ("[::]:80", (), False),
        (":80", (), False),
    ],
)
def test_a_proxy_that_everybody_reaches_is_refused(listen, own, fits):
    """It would be an open relay."""
    assert (objections(ProxyState("a", listen, "b:1", True), own_addresses=own) == ()) is fits


def test_toxics_of_others_and_names_beyond_reach_are_refused():
    """Both are said at once; toxics of others may be allowed."""
    state = ProxyState("a/b", "127.0.0.1:1", "b:1", True, (ToxicState("theirs", "noop", "upstream", 1, ()),))
    assert [each.split()[0] for each in objections(state)] == ["'a/b'", "a/b"]
    assert len(objections(state, foreign=True)) == 1
