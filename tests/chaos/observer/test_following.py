from __future__ import annotations

from threading import Event, Thread

import pytest

from chaos.observer import following
from chaos.observer.following import Following


def _obj(uid: str, version: int = 1):
    return {"metadata": {"uid": uid, "resourceVersion": str(version)}}


class _Seen:
    """A view that keeps what it is told."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []

    def put(self, obj, *, at_start):
        self.said.append(("first" if at_start else "put", obj["metadata"]["uid"]))

    def drop(self, obj):
        self.said.append(("drop", obj["metadata"]["uid"]))

    def listed(self, path):
        self.said.append(("listed", path))


@pytest.fixture
def follow(told, kube):
    """Return what follows a server in a thread of its own and returns the view and the follower."""
    stop, threads = Event(), []

    def begin(url):
        view = _Seen()
        follower = Following(kube(url), "/things", view, told.notes)
        threads.append(Thread(target=follower.run, args=(stop,)))
        threads[-1].start()
        return view, follower

    yield begin
    stop.set()
    for thread in threads:
        thread.join(10)


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """Watches of a second: what waits for a silent one ends soon."""
    monkeypatch.setattr(following, "WATCH_S", 1.0)


def test_a_list_then_every_change_from_its_version_on(scripted, follow, soon):
    """Objects of the first list are from before; a bookmark is no object; the next watch begins where one ended."""
    scripted.lists = [[_obj("a"), _obj("b")]]
    bookmark = {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "70"}}}
    scripted.watches = [
        [{"type": "ADDED", "object": _obj("c", 50)}, {"type": "MODIFIED", "object": _obj("a", 60)}, bookmark],
        [{"type": "DELETED", "object": _obj("b", 80)}],
    ]
    view, _ = follow(scripted.url)
    soon(lambda: ("drop", "b") in view.said)
    assert view.said == [
        ("first", "a"), ("first", "b"), ("listed", "/things"), ("put", "c"), ("put", "a"), ("drop", "b"),
    ]  # fmt: skip
    assert [path.partition("resourceVersion=")[2].partition("&")[0] for path in scripted.asked[1:3]] == ["1", "70"]


def test_a_watch_that_is_too_old_is_listed_again(scripted, follow, told, soon):
    """410 Gone: what has vanished meanwhile is dropped, what is new is new; that is no blindness."""
    scripted.lists = [[_obj("a"), _obj("b")], [_obj("b"), _obj("c")]]
    scripted.watches = [[{"type": "ERROR", "object": {"code": 410, "reason": "Expired", "message": "too old"}}]]
    view, _ = follow(scripted.url)
    soon(lambda: view.said.count(("listed", "/things")) == 2)
    assert view.said[3:] == [("drop", "a"), ("put", "b"), ("put", "c"), ("listed", "/things")]
    assert told.events == []


def test_blindness_is_told_once_and_so_is_its_end(scripted, follow, told, soon):
    """A watch that says nothing within its limit is no news; the next answer is."""
    scripted.lists = [[_obj("a")]]
    _, follower = follow(scripted.url)
    soon(lambda: told.kinds)
    told.clock.at_s = 7.0
    scripted.watches = [[{"type": "ADDED", "object": _obj("b", 9)}]]
    soon(lambda: len(told.kinds) == 2)
    assert told.kinds == [("observer_blind", "cluster"), ("observer_sees", "cluster")]
    assert told.events[0][3]["to"] == "/things"
    assert follower.confirmed_s == 7.0


def test_an_answer_that_never_came_confirms_nothing(follow, told, soon):
    """Nobody listens: everything is unknown from the beginning."""
    _, follower = follow("http://127.0.0.1:1")
    soon(lambda: told.kinds)
    assert follower.confirmed_s == float("-inf")
