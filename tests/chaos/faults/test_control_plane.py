"""API servers and datastore members are lost as clients would see it, and only where that was said and allowed."""

from __future__ import annotations

import http.server
import threading

import pytest

from chaos.deeds.command import Command
from chaos.deeds.down import DisableProxy
from chaos.faults import Means, Unsupported, means
from sim.spec import faults as spec


def _killed(target):
    return Command(verb="stop", back="start", target=target, more=("--how", "kill"))


def test_refused_takes_the_proxies_down_before_the_server(asked):
    """So nobody sees an accepted connection that closes; undone in reverse, the server is back before its proxies."""
    found = means(asked(), spec.ApiserverLoss(at=0.0, server="s-1", how="refused"))
    assert isinstance(found, Means)
    assert found.deeds == (DisableProxy(link="kubelet/w-1->apiserver"), _killed("kube-apiserver-s-1"))
    assert not found.takes_api


def test_eof_leaves_the_proxies_open(asked):
    """Their clients connect, and are closed at once."""
    found = means(asked(), spec.ApiserverLoss(at=0.0, server="s-1", how="eof"))
    assert isinstance(found, Means)
    assert found.deeds == (_killed("kube-apiserver-s-1"),)


def test_all_servers_at_once_take_the_api(asked):
    """Then it is meant to be away."""
    servers = {name: {"apiserver": f"kube-apiserver-{name}"} for name in ("s-1", "s-2")}
    found = means(asked(servers=servers), spec.ApiserverLoss(at=0.0, server="all", how="eof"))
    assert isinstance(found, Means)
    assert found.deeds == (_killed("kube-apiserver-s-1"), _killed("kube-apiserver-s-2"))
    assert found.takes_api


def test_one_member_of_three_leaves_a_majority(asked):
    """And the only one does not."""
    found = means(asked(), spec.MemberLoss(at=0.0, member="s-2"))
    assert isinstance(found, Means)
    assert (found.deeds, found.takes_api) == ((_killed("etcd-s-2"),), False)
    alone = means(asked(servers={"s-1": {"member": "etcd-s-1"}}), spec.MemberLoss(at=0.0, member="s-1"))
    assert isinstance(alone, Means)
    assert alone.takes_api


@pytest.mark.parametrize(
    ("fault", "changed"),
    [
        (spec.ApiserverLoss(at=0.0, server="s-9"), {}),
        (spec.ApiserverLoss(at=0.0, server="s-3"), {}),
        (spec.ApiserverLoss(at=0.0, server="s-1"), {"commands": {}}),
        (spec.ApiserverLoss(at=0.0, server="s-1"), {"allow": {"components": ["kube-apiserver-s-1"]}}),
        (spec.MemberLoss(at=0.0, member="s-9"), {}),
        (spec.MemberLoss(at=0.0, member="leader"), {}),
        (spec.MemberLoss(at=0.0, member="s-1"), {"allow": {}}),
        (spec.DnsFailure(at=0.0), {}),
    ],
)
def test_what_the_binding_does_not_say_is_unsupported(fault, changed, asked):
    """With the section that would have to say it."""
    found = means(asked(**changed), fault)
    assert isinstance(found, Unsupported)
    assert any(section in found.why for section in ("servers.", "commands ", "allow.", "workloads"))


class _Member(http.server.BaseHTTPRequestHandler):
    leads = "0"

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"# TYPE etcd_server_is_leader gauge\netcd_server_is_leader {self.leads}\n".encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def members():
    """Three members' metrics on the loopback: a handler class each, whose `leads` can be set."""
    handlers = {name: type(name, (_Member,), {}) for name in ("a", "b", "c")}
    servers = {name: http.server.ThreadingHTTPServer(("127.0.0.1", 0), each) for name, each in handlers.items()}
    threads = [threading.Thread(target=server.serve_forever, args=(0.01,)) for server in servers.values()]
    for thread in threads:
        thread.start()
    yield handlers, {name: f"http://127.0.0.1:{server.server_port}/metrics" for name, server in servers.items()}
    for server in servers.values():
        server.shutdown()
        server.server_close()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("number", [0, 1, 2])
def test_the_leader_is_who_says_so_now(number, members, asked):
    """Each member is asked; one that does not answer is passed over."""
    handlers, urls = members
    names = ("s-1", "s-2", "s-3")
    handlers["abc"[number]].leads = "1"
    servers = {name: {"member": f"etcd-{name}", "metrics": url} for name, url in zip(names, urls.values(), strict=True)}
    servers = {"s-0": {"member": "etcd-s-0", "metrics": "http://127.0.0.1:9/metrics"}} | servers
    found = means(asked(servers=servers), spec.MemberLoss(at=0.0, member="leader"))
    assert isinstance(found, Means)
    assert found.deeds == (_killed(f"etcd-{names[number]}"),)
    assert names[number] in found.how


def test_no_leader_is_told_of_every_member(members, asked):
    """Who follows, and who does not answer."""
    _, urls = members
    servers = {"s-1": {"member": "etcd-s-1", "metrics": urls["a"]}}
    found = means(asked(servers=servers), spec.MemberLoss(at=0.0, member="leader"))
    assert found == Unsupported("no member of the datastore leads: s-1: follows")
