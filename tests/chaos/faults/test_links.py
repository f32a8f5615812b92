"""Which proxy stands in a way: the one that the binding names, or one that may be put there."""

from __future__ import annotations

import pytest

from chaos.deeds.interpose import Interpose
from chaos.faults import Unsupported
from chaos.faults.links import Proxied, links_between, proxied

BEFORE = Interpose(service="api", namespace="shop", name="checkout", run="r1")
FOUND = {
    "one--two": Proxied("one--two"),
    "two--one": Proxied("one--two", turned=True),
    "caller->api": Proxied("caller->api"),
    "shopper->api": Proxied("way"),
    "somebody->api": Proxied("service/api", before=(BEFORE,), namespace="shop"),
}


@pytest.mark.parametrize("target", FOUND)
def test_a_way_has_its_proxy(target, asked):
    """By its own name, turned round, by its client's entry, or before the service: in this order."""
    assert proxied(asked(), target) == FOUND[target]


@pytest.mark.parametrize(
    ("target", "allow"),
    [
        ("one--three", {}),
        ("somebody->other", {}),
        ("somebody->api", {"namespaces": ["shop"]}),
        ("somebody->api", {"interpose": ["api"]}),
    ],
)
def test_a_way_without_one_is_refused_with_what_would_help(target, allow, asked):
    """Nothing is put before a service that is not on the list by its own name and its namespace."""
    found = proxied(asked(allow=allow) if allow else asked(), target)
    assert isinstance(found, Unsupported)
    assert target in found.why
    assert "accepted" in found.why


def test_all_links_between_two_are_found(asked):
    """By abstract or real names, in both directions; a kubelet's only where there is one server to go to."""
    binding = asked().hands.binding
    assert links_between(binding, "two", "one") == ("one--two",)
    assert links_between(binding, "s-2", "s-1") == ("etcd/s-1->s-2",)
    assert links_between(binding, "one", "s-1") == ()
    alone = asked(servers={"s-1": {"apiserver": "kube-apiserver-s-1"}}).hands.binding
    assert links_between(alone, "s-1", "one") == ("kubelet/w-1->apiserver", "kube-proxy/w-1->apiserver")
