"""The loop of a real run: uvloop where it is installed, the standard one otherwise."""

from __future__ import annotations

import asyncio
import gc
import sys

import pytest

from chaos.client.loop import allow_files, quiet_collector, run


async def _which() -> str:
    return type(asyncio.get_running_loop()).__module__


def test_uvloop_where_it_is_installed():
    """`auto` takes uvloop, `asyncio` does not."""
    pytest.importorskip("uvloop", reason="the extra `fast` is not installed")
    assert (run(_which()), run(_which(), "uvloop")) == ("uvloop", "uvloop")
    assert run(_which(), "asyncio").startswith("asyncio")


def test_without_uvloop(monkeypatch):
    """Where it is not installed `auto` is the standard loop, and asking for uvloop is an error."""
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert run(_which()).startswith("asyncio")
    work = _which()
    with pytest.raises(ImportError):
        run(work, "uvloop")
    work.close()


def test_the_collector_is_quiet_for_a_while():
    """What exists when a run begins is spared from collection until it ends."""
    before = gc.get_freeze_count()
    with quiet_collector():
        assert gc.get_freeze_count() > before
    assert gc.get_freeze_count() == 0


def test_files_are_allowed_up_to_the_hard_limit():
    """The soft limit of open files is raised as far as it may be, and never lowered."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        pytest.skip("there is no hard limit here")
    try:
        allow_files(1)
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (soft, hard)
        allow_files(1 << 40)
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
