"""Faults of a way become toxics that carry the run's name, on every proxy once."""

from __future__ import annotations

from chaos.deeds.down import DisableProxy
from chaos.deeds.toxics import AddToxics
from chaos.faults import Means, Unsupported, means
from chaos.toxiproxy.toxics import Latency, Timeout
from sim.spec import faults as spec


def _means(scene, fault):
    found = means(scene, fault)
    assert isinstance(found, Means), found
    return found


def test_toxics_are_named_after_run_and_occurrence(asked):
    """Whoever reads toxiproxy's list sees whose a toxic is; the undo takes only what has this name."""
    (deed,) = _means(asked(), spec.Latency(at=0.0, link="one--two", added=0.2)).deeds
    assert isinstance(deed, AddToxics)
    assert deed.ours() == ("wg-r1.f.0.latency.upstream", "wg-r1.f.0.latency.downstream")
    assert {toxic.effect for toxic in deed.toxics} == {Latency(latency_s=0.2)}


def test_a_direction_is_turned_with_the_link(asked):
    """`there` is upstream for who dials the proxy, and downstream where the link is named the other way round."""
    streams = [
        _means(asked(), spec.Latency(at=0.0, link=link, added=0.2, direction="there")).deeds[0].toxics[0].stream
        for link in ("one--two", "two--one")
    ]
    assert streams == ["upstream", "downstream"]


def test_two_paths_through_one_proxy_are_one_fault_of_it(asked):
    """The same toxic twice would be twice the delay."""
    found = _means(asked(), spec.Refuse(at=0.0, paths=("shopper->api", "way", "caller->api")))
    assert found.deeds == (DisableProxy(link="way"), DisableProxy(link="caller->api"))


def test_what_has_to_stand_before_is_said_apart(asked):
    """A proxy that is put before a service is no deed of the moment: it comes first, and its difference is told."""
    found = _means(asked(), spec.Refuse(at=0.0, path="somebody->api"))
    assert found.deeds == (DisableProxy(link="service/api", namespace="shop"),)
    assert [deed.title() for deed in found.before] == ["put service checkout in namespace shop behind a toxiproxy"]
    assert "every caller" in found.difference


def test_a_share_is_said_to_be_another_each_time(asked):
    """Toxiproxy draws by itself: the same seed has other connections."""
    found = _means(asked(), spec.Latency(at=0.0, link="one--two", added=0.2, share=0.5))
    assert "toxiproxy draws" in found.difference


def test_a_strength_that_toxiproxy_would_not_obey_is_unsupported(asked):
    """Two hours of latency are refused before anything is touched."""
    found = means(asked(), spec.Latency(at=0.0, link="one--two", added=7200.0))
    assert isinstance(found, Unsupported)
    assert "3600" in found.why


def test_a_flap_tells_what_all_of_its_kinds_touch(asked):
    """A kind that is nothing touches nothing; one that can't be done makes the whole flap unsupported."""
    kinds = {"gone": {"fault": {"kind": "refuse"}}, "slow": {"fault": {"kind": "latency", "added": "1s"}}}
    fault = {"kind": "flap", "at": 0.0, "link": "one--two", "up": "5s", "down": "1s", "kinds": kinds}
    found = _means(asked(), spec.Flap.model_validate(fault))
    assert [deed.deed for deed in found.deeds] == ["disable_proxy", "add_toxics"]
    lossy = fault | {"kinds": kinds | {"lossy": {"fault": {"kind": "loss", "share": 0.1}}}}
    assert isinstance(means(asked(), spec.Flap.model_validate(lossy)), Unsupported)


def test_a_partition_is_a_black_hole_in_every_link_between_the_groups(asked):
    """Each link once, both directions."""
    found = _means(asked(), spec.Partition(at=0.0, groups=(("one",), ("two",))))
    assert [deed.link for deed in found.deeds] == ["one--two"]
    assert {toxic.effect for deed in found.deeds for toxic in deed.toxics} == {Timeout()}


def test_a_partition_with_a_hole_is_refused_by_name(asked):
    """Nodes that no proxy parts would go on talking: that is no partition."""
    found = means(asked(), spec.Partition(at=0.0, groups=(("one",), ("two", "three"))))
    assert isinstance(found, Unsupported)
    assert "one--three" in found.why
    assert "one--two" not in found.why


KUBELET = "kubelet/w-1->apiserver"


def test_what_cuts_a_kubelet_off_loses_its_node(asked):
    """For the blast radius it is a lost node; what only slows the way, or another way, is none."""
    cut = spec.Refuse(at=0.0, paths=(KUBELET, "one--two"))
    flap = {"kind": "flap", "at": 0.0, "link": KUBELET, "up": "5s", "down": "1s"}
    kinds = {"gone": {"fault": {"kind": "blackhole"}}, "slow": {"fault": {"kind": "latency", "added": "1s"}}}
    assert _means(asked(), cut).nodes == ("w-1",)
    assert _means(asked(), spec.Flap.model_validate(flap | {"kinds": kinds})).nodes == ("w-1",)
    assert _means(asked(), spec.Latency(at=0.0, link=KUBELET, added=0.2)).nodes == ()
    assert _means(asked(), spec.Refuse(at=0.0, link="one--two")).nodes == ()
