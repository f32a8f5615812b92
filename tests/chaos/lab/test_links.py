from __future__ import annotations

import re

import pytest
from lab_sites import a_site

from chaos.lab.links import Link, link


def _named(site):
    return {group.name: [each.name for each in group.links] for group in site.groups}


def test_a_single_server_has_every_link_in_a_group():
    """One process a node, one for the controllers, one for the datastore, one for the services."""
    assert _named(a_site(nodes=2)) == {
        "toxiproxy-node-1": ["kubelet/node-1->apiserver", "kube-proxy/node-1->apiserver"],
        "toxiproxy-node-2": ["kubelet/node-2->apiserver", "kube-proxy/node-2->apiserver"],
        "toxiproxy-controllers-server-1": [
            "controller-manager/server-1->apiserver",
            "scheduler/server-1->apiserver",
        ],
        "toxiproxy-datastore-server-1": ["apiserver/server-1->datastore"],
        "toxiproxy-services": ["client->front"],
    }


def test_three_members_reach_each_other_through_a_proxy_each_way():
    """Member i → member j is a link of its own for every pair, in the namespace of i."""
    groups = {group.name: group for group in a_site(kind="three-servers", nodes=1).groups}
    assert [each for i in (1, 2, 3) for each in groups[f"toxiproxy-peers-server-{i}"].links] == [
        Link("etcd/server-1->server-2", "etcd-server-1-server-2", "127.0.0.1:12381", "10.200.0.12:2380"),
        Link("etcd/server-1->server-3", "etcd-server-1-server-3", "127.0.0.1:12382", "10.200.0.13:2380"),
        Link("etcd/server-2->server-1", "etcd-server-2-server-1", "127.0.0.1:12380", "10.200.0.11:2380"),
        Link("etcd/server-2->server-3", "etcd-server-2-server-3", "127.0.0.1:12382", "10.200.0.13:2380"),
        Link("etcd/server-3->server-1", "etcd-server-3-server-1", "127.0.0.1:12380", "10.200.0.11:2380"),
        Link("etcd/server-3->server-2", "etcd-server-3-server-2", "127.0.0.1:12381", "10.200.0.12:2380"),
    ]


@pytest.mark.parametrize("kind", ["single-etcd", "single-sqlite", "three-servers"])
def test_no_two_proxies_clash(kind):
    """Proxies have names that toxiproxy takes, each once, and no two in a place listen alike."""
    site = a_site(kind=kind, nodes=3)
    proxies = [each for group in site.groups for each in group.links]
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+", each.proxy) for each in proxies)
    assert len({each.proxy for each in proxies}) == len({each.name for each in proxies}) == len(proxies)
    listens = [(group.place, each.listen) for group in site.groups for each in group.links]
    listens += [(group.place, group.api) for group in site.groups]
    assert len({*listens}) == len(listens)


def test_a_link_is_found_by_its_proxy():
    """Components look up their own link; an unknown one is a mistake of ours."""
    groups = a_site().groups
    assert link(groups, "scheduler-server-1").upstream == "10.200.0.11:6443"
    with pytest.raises(KeyError):
        link(groups, "scheduler-server-9")
