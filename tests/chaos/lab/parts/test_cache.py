from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from chaos.lab.errors import LabError
from chaos.lab.parts.cache import Cache, cache_root, full_disk
from chaos.lab.parts.catalogue import CachedPart

from .conftest import Heard


@pytest.fixture
def part() -> CachedPart:
    """A part of two programs."""
    return CachedPart(name="it", programs={"one": "", "two": ""}, version="1.0", space_mib=1)


def make(cache: Cache, part: CachedPart, heard: Heard, text: str = "made") -> dict[str, Path]:
    """Make `part` out of small files, as a build does."""
    with cache.lock(part, heard), cache.fresh(part) as folder:
        (folder / "bin").mkdir()
        for program in part.programs:
            (folder / part.place(program)).write_text(f"{program} {text}")
    return cache.programs(part)


@pytest.mark.parametrize(
    ("environ", "root"),
    [
        ({"WEATHERGLASS_CACHE": "/a", "XDG_CACHE_HOME": "/b", "HOME": "/c"}, "/a"),
        ({"XDG_CACHE_HOME": "/b", "HOME": "/c"}, "/b/weatherglass"),
        ({"XDG_CACHE_HOME": "relative", "HOME": "/c"}, "/c/.cache/weatherglass"),
        ({"HOME": "/c"}, "/c/.cache/weatherglass"),
    ],
)
def test_the_environment_says_where_the_cache_is(environ: dict[str, str], root: str) -> None:
    """Our own variable comes first, then XDG's if it is absolute, then the home folder."""
    assert cache_root(environ) == Path(root)


def test_a_finished_part_lies_under_its_name_with_a_manifest(cache: Cache, part: CachedPart, heard: Heard) -> None:
    """A part is a folder `parts/NAME-VERSION` whose manifest has the checksum of each program."""
    assert cache.flaw(part) == "not there yet"
    programs = make(cache, part, heard)
    assert cache.flaw(part) is None
    assert cache.flaw(part, verify=True) is None
    assert programs["one"] == cache.root / "parts/it-1.0/bin/one"
    manifest = json.loads((cache.root / "parts/it-1.0/manifest.json").read_text())
    assert manifest["programs"]["two"]["sha256"] == hashlib.sha256(b"two made").hexdigest()
    assert (manifest["part"], manifest["version"], manifest["recipe"]) == ("it", "1.0", part.recipe())


def test_another_recipe_is_another_part(cache: Cache, part: CachedPart, heard: Heard) -> None:
    """What was made by another recipe is made anew, and replaces it."""
    other = replace(part, programs={"one": "", "two": "elsewhere"})
    make(cache, other, heard, "otherwise")
    assert cache.flaw(part) == "made by another recipe"
    assert make(cache, part, heard)["two"].read_text() == "two made"
    assert cache.flaw(part) is None


def test_a_changed_program_is_noticed_by_size_and_time(cache: Cache, part: CachedPart, heard: Heard) -> None:
    """Other bytes of another size or time are noticed at once; of the same size and time only with `verify`."""
    one = make(cache, part, heard)["one"]
    status = one.stat()
    one.write_text("ONE MADE")
    assert cache.flaw(part) == "not as its checksum says: one"
    os.utime(one, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert cache.flaw(part) is None
    assert cache.flaw(part, verify=True) == "not as its checksum says: one"
    one.unlink()
    assert cache.flaw(part) == "not as its checksum says: one"


def test_a_touched_program_is_still_the_same(cache: Cache, part: CachedPart, heard: Heard) -> None:
    """Another time over the same bytes is no flaw."""
    os.utime(make(cache, part, heard)["one"], ns=(1, 1))
    assert cache.flaw(part) is None


@pytest.mark.parametrize("left", ["it-1.0.x.partial/bin", "it-1.0/bin"])
def test_what_a_crash_left_is_made_anew(cache: Cache, part: CachedPart, heard: Heard, left: str) -> None:
    """A folder without a manifest is half-made: it is told, and gone after the next making."""
    (cache.parts / left).mkdir(parents=True)
    (cache.parts / left / "three").write_text("half")
    assert cache.flaw(part) == "left half-made"
    make(cache, part, heard)
    assert cache.flaw(part) is None
    assert sorted(path.name for path in cache.parts.rglob("*")) == sorted(
        ["it-1.0", "it-1.0.lock", "bin", "manifest.json", "one", "two"]
    )


def test_a_cut_off_manifest_counts_as_none(cache: Cache, part: CachedPart, heard: Heard) -> None:
    """A manifest that a crash of the machine cut off seals nothing."""
    make(cache, part, heard)
    manifest = cache.parts / "it-1.0/manifest.json"
    manifest.write_text(manifest.read_text()[:-5])
    assert cache.flaw(part) == "left half-made"


def test_a_making_that_fails_leaves_what_was_there(cache: Cache, part: CachedPart, heard: Heard) -> None:
    """Whatever ends a making early, the finished part before it stays and nothing half-made does."""
    make(cache, part, heard)
    with pytest.raises(KeyboardInterrupt), cache.fresh(part):
        raise KeyboardInterrupt
    assert cache.flaw(part, verify=True) is None
    assert list(cache.parts.glob("*.partial")) == []


def test_too_little_room_is_said_before_anything_is_made(cache: Cache, part: CachedPart) -> None:
    """A part that cannot fit is refused at once, with the room there is."""
    cache.parts.mkdir(parents=True)
    huge = replace(part, space_mib=1 << 40)
    with pytest.raises(LabError, match=r"it: needs 1099511627776 MiB in .*/parts, where \d+ MiB are free"):
        cache.fresh(huge).__enter__()
    assert list(cache.parts.iterdir()) == []


def test_a_disk_that_fills_up_is_a_lab_error(cache: Cache, part: CachedPart) -> None:
    """No space left while a part is made: said as such, with exit code 3, and nothing stays."""
    cache.parts.mkdir(parents=True)
    with pytest.raises(LabError, match="it: no space left on the disk, nothing was kept") as caught, cache.fresh(part):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.exit_code == 3
    assert list(cache.parts.iterdir()) == []


def test_another_error_of_the_system_stays_what_it_is(cache: Cache, part: CachedPart) -> None:
    """Only a full disk is told as one."""
    cache.parts.mkdir(parents=True)
    with pytest.raises(PermissionError), cache.fresh(part):
        raise OSError(errno.EACCES, "Permission denied")


def test_a_full_disk_is_told_with_the_room_of_each_place(tmp_path: Path) -> None:
    """Every folder that a build fills is named with what is free there; one that does not exist is left out."""
    told = str(full_disk("it", tmp_path, tmp_path / "nowhere"))
    assert told.count("MiB free") == 1
    assert str(tmp_path) in told


def test_a_cache_that_cannot_be_written_is_told(part: CachedPart, heard: Heard, tmp_path: Path) -> None:
    """Where the cache cannot be, the error names the variable that moves it."""
    (tmp_path / "file").write_text("")
    with pytest.raises(LabError, match=r"it-1.0.lock: Not a directory; set WEATHERGLASS_CACHE"):
        Cache(tmp_path / "file").lock(part, heard).__enter__()


def test_one_makes_and_the_other_waits(cache: Cache, part: CachedPart, heard: Heard) -> None:
    """While somebody holds the lock, the next one says whom it waits for, then gets its turn."""
    waits = threading.Event()
    second = Heard()
    second.step = lambda part, text: (second.steps.append((part, text)), waits.set())[0]  # type: ignore[method-assign]
    entered: list[str] = []

    def enter() -> None:
        with cache.lock(part, second):
            entered.append("second")

    other = threading.Thread(target=enter)
    with cache.lock(part, heard):
        other.start()
        assert waits.wait(timeout=30)
        entered.append("first")
    other.join(timeout=30)
    assert entered == ["first", "second"]
    assert second.steps == [("it", f"waiting for process {os.getpid()}, which is making it")]


def test_a_lock_ends_with_its_holder(cache: Cache, part: CachedPart, heard: Heard) -> None:
    """A lock is the kernel's: the file that a killed process left does not lock anything."""
    pid = os.fork()
    if pid == 0:
        held = cache.lock(part, Heard())
        held.__enter__()
        os._exit(9)
    os.waitpid(pid, 0)
    with cache.lock(part, heard), (cache.parts / "it-1.0.lock").open() as file, pytest.raises(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert heard.steps == []
