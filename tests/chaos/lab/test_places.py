from __future__ import annotations

import ipaddress
from dataclasses import replace
from urllib.parse import urlsplit

from hypothesis import given
from hypothesis import strategies as st
from lab_sites import a_site

from chaos.lab import ports
from chaos.lab.component import Http
from chaos.lab.places import FIRST_INDEX, LAST_INDEX, places
from chaos.lab.plan import components
from chaos.lab.shape import SHAPES, shape

SHAPED = st.builds(shape, kind=st.sampled_from(list(SHAPES)), nodes=st.integers(1, 20))
INDEX = st.integers(FIRST_INDEX, LAST_INDEX)


@given(SHAPED, INDEX)
def test_nothing_of_a_lab_shares_an_address(made, index):
    """Every place has an address, a hardware address and a namespace of its own, outside of all pods and services."""
    where = places(made, index)
    addresses = [place.address for place in where.all] + [where.host_address]
    assert len({*addresses}) == len(addresses)
    assert len({place.mac for place in where.all}) == len({place.netns for place in where.all}) == len(where.all)
    ranges = [ipaddress.ip_network(place.pods) for place in where.nodes] + [ipaddress.ip_network(where.service_range)]
    assert not any(one.overlaps(other) for i, one in enumerate(ranges) for other in ranges[:i])
    assert not any(ipaddress.ip_address(address) in each for address in addresses for each in ranges)
    assert all(each.subnet_of(ipaddress.ip_network(where.pod_range)) for each in ranges)


@given(SHAPED, INDEX)
def test_service_addresses_are_in_their_range(made, index):
    """The API server's ClusterIP is the first of the services' range, as Kubernetes takes it."""
    where = places(made, index)
    service_range = ipaddress.ip_network(where.service_range)
    assert where.kubernetes_address == str(next(service_range.hosts()))
    assert ipaddress.ip_address(where.dns_address) in service_range


def test_names_of_two_labs_never_begin_alike():
    """A sweep by name of one lab finds nothing of another, whatever both are called."""
    one, other = (places(shape(name=name), 200) for name in ("a", "a-node"))
    assert not any(name.startswith("wg.a.") for name in (other.switch, *(place.netns for place in other.all)))
    assert all(place.netns.startswith("wg.a.") for place in one.all)


def test_several_servers_are_reached_through_a_balancer():
    """The API has one address: the only server's, or the balancer's."""
    assert places(shape(), 200).api == "10.200.0.11:6443"
    assert places(shape(kind="three-servers"), 200).api == "10.200.0.10:6443"


def test_simulated_nodes_live_on_the_loopback():
    """No namespace, no link: nothing that takes rights."""
    where = places(shape(engine="kwok", nodes=1000), 207)
    assert (where.switch, where.link, where.nodes) == ("", "", ())
    assert {(place.netns, place.address) for place in where.all} == {("", "127.0.0.1")}
    assert (where.api, where.servers[0].own(2379)) == ("127.0.0.1:10543", "127.0.0.1:6479")


def test_ports_of_labs_on_the_loopback_never_meet():
    """Whatever their numbers; and all are below those that Linux takes for outgoing connections."""
    used: dict[str, int] = {}
    for index in range(FIRST_INDEX, LAST_INDEX + 1):
        site = replace(a_site(engine="kwok"), places=places(shape(engine="kwok"), index))
        listens = [link.listen for group in site.groups for link in group.links] + [group.api for group in site.groups]
        listens += [urlsplit(each.ready.url).netloc for each in components(site) if isinstance(each.ready, Http)]
        server = site.places.servers[0]
        listens += [server.own(ports.ETCD_CLIENT), server.at(ports.ETCD_PEER)]
        assert all(used.setdefault(each, index) == index for each in listens)
        assert max(int(each.rpartition(":")[2]) for each in listens) < 32768


def test_the_network_devices_names_fit():
    """Names of links have at most 15 letters (linux/if.h, IFNAMSIZ)."""
    where = places(shape(kind="three-servers", nodes=20), 239)
    assert max(len(name) for name in (where.link, *(place.name for place in where.all))) <= 15
