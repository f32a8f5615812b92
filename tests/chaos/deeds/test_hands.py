"""The hands are the only way to change anything, and what is not on the allow-list does not pass them."""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chaos.binding import Allow, Binding, BoundService, Cluster, TargetRefused, Touch
from chaos.deeds import DEEDS, Deed, Hands, removal, standing, swap
from chaos.deeds import hands as of_hands
from chaos.deeds.attempts import until
from chaos.deeds.command import Command
from chaos.deeds.cordon import Cordon
from chaos.deeds.evict import EvictPods
from chaos.deeds.hands import CommandFailed
from chaos.deeds.interpose import Interpose
from chaos.deeds.node_object import DeleteNodeObject
from chaos.deeds.pods import DeletePods, PodNamed
from chaos.deeds.rollout import RolloutRestart
from chaos.deeds.scale import ScaleWorkload
from chaos.kube import Ref
from sim.errors import HarnessError, UsageError

SPACES, NODES, THINGS = ("shop", "kube-system", "prod"), ("w-1", "w-2"), ("one", "two")
OBJECT = {
    "metadata": {
        "uid": "u",
        "resourceVersion": "1",
        "generation": 1,
        "labels": {"weatherglass.dev/interposed-by": "r"},
    },
    "spec": {
        "replicas": 3,
        "selector": {"app": "api"},
        "clusterIP": "10.0.0.1",
        "ports": [{"port": 80, "protocol": "TCP", "targetPort": 8080}],
    },
    "status": {},
    "items": [],
}


class _Api(http.server.BaseHTTPRequestHandler):
    """Says yes to everything, and keeps what was to be changed."""

    protocol_version = "HTTP/1.1"
    changes: list[str]

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.command != "GET":
            self.changes.append(self.path)
        found: dict[str, Any] = OBJECT | {"metadata": OBJECT["metadata"] | {"name": self.path.rpartition("/")[2]}}
        body = json.dumps(found).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 (http.server calls them so)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, list[str]]]:
    """An API server, by its kubeconfig, and the paths of all changes that it was asked for."""
    changes: list[str] = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Api", (_Api,), {"changes": changes}))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    config = tmp_path_factory.mktemp("api") / "kubeconfig"
    where = {"name": "here", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}
    context = {"name": "here", "context": {"cluster": "here", "user": "me"}}
    config.write_text(json.dumps({"clusters": [where], "contexts": [context], "users": [{"name": "me", "user": {}}]}))
    yield config, changes
    server.shutdown()
    server.server_close()
    thread.join()


SPACE, NODE, THING = st.sampled_from(SPACES), st.sampled_from(NODES), st.sampled_from(THINGS)
POD = st.builds(PodNamed, namespace=SPACE, name=THING, uid=st.just("u"))
PODS = st.lists(POD, min_size=1, max_size=3).map(tuple)
KUBE_DEEDS: tuple[st.SearchStrategy[Deed], ...] = (
    st.builds(ScaleWorkload, namespace=SPACE, name=THING, replicas=st.just(1)),
    st.builds(RolloutRestart, namespace=SPACE, name=THING),
    st.builds(Cordon, node=NODE),
    st.builds(DeletePods, pods=PODS),
    st.builds(EvictPods, node=NODE, pods=PODS, limit_s=st.just(0.0)),
    st.builds(DeleteNodeObject, node=NODE),
    st.builds(Interpose, service=st.just("api"), namespace=SPACE, name=THING, run=st.just("r")),
)
ALLOW = st.builds(
    Allow,
    namespaces=st.lists(SPACE, unique=True).map(tuple),
    nodes=st.lists(NODE, unique=True).map(tuple),
    interpose=st.sampled_from(((), ("api",))),
)


def _is_allowed(path: str, allow: Allow) -> bool:
    """Return whether the list names the namespace, or the node, of a path of the API."""
    words = path.partition("?")[0].split("/")
    if "namespaces" in words:
        return words[words.index("namespaces") + 1] in allow.namespaces
    if words[-1] == "nodes":  # where one is made: its name stands in the body, and only that of an allowed one comes
        return bool(allow.nodes)
    return "nodes" in words and words[words.index("nodes") + 1] in allow.nodes


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deed=st.one_of(*KUBE_DEEDS), allow=ALLOW)
def test_no_call_touches_what_the_allow_list_does_not_name(deed, allow, api, monkeypatch):
    """Whatever a deed does, prepared or not, in whatever order: nothing is changed outside of the list."""
    for module, name in ((standing, "STARTS_S"), (removal, "GONE_S"), (swap, "LEADS_S"), (swap, "RULES_S")):
        monkeypatch.setattr(module, name, 0.0)  # nothing ever changes there: no wait would end
    config, changes = api
    changes.clear()
    cluster = Cluster(kubeconfig=str(config), context="here")
    services = {"api": BoundService(namespace="shop")}
    hands = Hands(Binding(version=1, cluster=cluster, services=services, allow=allow))
    ready = deed
    with contextlib.suppress(HarnessError):
        ready = deed.prepared(hands)
    for step in (ready.do, ready.undo):
        with contextlib.suppress(HarnessError, AssertionError):  # not prepared, it says that it must be
            step(hands)
    hands.close()
    assert [path for path in changes if not _is_allowed(path, allow)] == []


def test_every_deed_on_the_cluster_is_among_these():
    """A new deed has to be added here, or it is one of the proxies, of the commands, or nothing."""
    others = {"nothing", "add_toxics", "disable_proxy", "command"}
    mine = {
        "scale_workload",
        "rollout_restart",
        "cordon",
        "delete_pods",
        "evict_pods",
        "delete_node_object",
        "interpose",
    }
    assert {deed.model_fields["deed"].default for deed in DEEDS} == others | mine
    assert len(KUBE_DEEDS) == len(mine)


def _local(tmp_path: Path, **rest: Any) -> Hands:
    cluster = Cluster(kubeconfig=str(tmp_path / "kubeconfig"), context="nowhere")
    return Hands(Binding(version=1, cluster=cluster, **rest))


def test_what_lives_in_no_namespace_is_a_node_or_nothing(tmp_path):
    """A namespace itself, say, can't be deleted by any binding."""
    hands = _local(tmp_path, allow=Allow(namespaces=("shop",)))
    with pytest.raises(TargetRefused, match="only nodes"):
        hands.delete(Ref("Namespace", "shop"))


def test_a_command_runs_on_what_is_allowed_only(tmp_path):
    """Another target is refused before anything runs; one that fails says how it ended, and what it said."""
    commands = {"stop": ("sh", "-c", f"touch {tmp_path}/$0; echo sorry >&2; exit 3", "{target}")}
    hands = _local(tmp_path, commands=commands, allow=Allow(components=("one",)))
    for target, error, said in (("two", TargetRefused, "not allowed"), ("one", CommandFailed, "ends with 3: sorry")):
        deed = Command(verb="stop", back="start", target=target)
        with pytest.raises(error, match=said):
            hands.command("stop", deed.touches()[0])
    assert (tmp_path / "one").exists()
    assert not (tmp_path / "two").exists()
    with pytest.raises(UsageError, match="it has stop"):
        hands.command_line("start", "one")


def _said(tmp_path: Path, script: str) -> str:
    commands = {"say": ("sh", "-c", script, str(tmp_path), "{target}")}
    hands = _local(tmp_path, commands=commands, allow=Allow(components=("one",)))
    return hands.command("say", Touch("component", "one"))


def test_a_command_has_ended_when_its_process_has(tmp_path, monkeypatch):
    """What it leaves running may hold its output open, as `stop` and `start` of a daemon do: that is no failure."""
    monkeypatch.setattr(of_hands, "COMMAND_S", 30.0)
    assert _said(tmp_path, 'sleep 1000 & echo $! > "$0/left"; echo done') == "done"
    left = int((tmp_path / "left").read_text())
    os.kill(left, signal.SIGKILL)  # raises if it did not run any more


def test_a_command_that_takes_too_long_ends_with_all_that_it_has_started(tmp_path, monkeypatch):
    """Its limit is told; nothing of it goes on breaking things behind our back."""
    monkeypatch.setattr(of_hands, "COMMAND_S", 2.0)
    with pytest.raises(CommandFailed, match=r"timed out after 2\.0 seconds"):
        _said(tmp_path, 'sleep 1000 & echo $! > "$0/left"; wait')
    left = int((tmp_path / "left").read_text())
    assert until(lambda: not _runs(left), 30.0)


def _runs(pid: int) -> bool:
    """Return whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_command_says_what_it_likes(tmp_path):
    """Bytes that are no UTF-8 are shown as such; of a long text the end is kept."""
    assert _said(tmp_path, r"printf 'caf\351 \303\251'") == "caf\ufffd \u00e9"
    assert _said(tmp_path, "head -c 200000 /dev/zero | tr '\\0' x; echo end").endswith("xend")
    assert len(_said(tmp_path, "head -c 200000 /dev/zero | tr '\\0' x; echo end")) == of_hands.SAID_BYTES - 1


def test_a_command_is_of_no_terminal(tmp_path):
    """It has a session of its own: a Ctrl-C, which goes to the terminal's whole group, does not reach an undo."""
    pid, group, session = map(int, _said(tmp_path, "cut -d ' ' -f 1,5,6 /proc/$$/stat").split())
    assert pid == group == session
    assert session != os.getsid(0)
