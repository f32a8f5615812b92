"""Faults of a way: toxics on the proxies in it, or the proxies taken down."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations

from chaos.binding import Binding
from chaos.deeds import Deed
from chaos.deeds.down import DisableProxy
from chaos.deeds.toxics import AddToxics
from chaos.faults.base import Means, Scene, Unsupported
from chaos.faults.links import Proxied, before_all, links_between, proxied
from chaos.toxiproxy import BadToxic, Down, toxics_of
from sim.spec import faults as spec

__all__ = ["aimed", "flap", "on_links", "partition"]

SHARED = "toxiproxy draws the connections by itself: another run of the same seed has others"
FRONT = "every caller of the service meets it; connections from before the proxy came go past it until they close"
DIFFERENCES: dict[type[spec.FaultBase], str] = {
    spec.Bandwidth: "bytes come in pieces of up to 100 ms, and each connection has the rate for itself",
    spec.Blackhole: "behind a proxy connecting still works, and only then there is silence",
    spec.Reset: "connections that were open before see a plain end, not a reset; no answer comes while `after` lasts",
}
"""What a proxy does otherwise than the simulated way. Source: docs/faults.md (toxiproxy 2.12.0, measured)."""

CUTS = (spec.Blackhole, spec.Refuse, spec.Unreachable, spec.Reset)
"""What lets nothing through: on the way of a kubelet the node is lost if it lasts, and counts as lost in any case."""


def on_links(scene: Scene, fault: spec.LinkFault) -> Means | Unsupported:
    """Return the toxics (or the refusal) of a fault on each of its links and paths."""
    found = [proxied(scene, target) for target in fault.targets()]
    if lacking := [each.why for each in found if isinstance(each, Unsupported)]:
        return Unsupported("; ".join(lacking))
    return _on(scene, fault, [each for each in found if isinstance(each, Proxied)])


def _on(scene: Scene, fault: spec.FaultBase, ways: Iterable[Proxied]) -> Means | Unsupported:
    different = {way.link: way for way in ways}  # two paths may run through one proxy: one fault of it
    made = [_deed(scene, fault, way) for way in different.values()]
    if lacking := [each.why for each in made if isinstance(each, Unsupported)]:
        return Unsupported(lacking[0])
    said = [DIFFERENCES.get(type(fault), ""), SHARED if getattr(fault, "share", 1.0) < 1 else ""]
    said.append(FRONT if any(map(before_all, different)) else "")
    return Means(
        how=f"toxiproxy in {', '.join(different)}",
        deeds=tuple(each for each in made if isinstance(each, Deed)),
        difference="; ".join(filter(None, said)),
        before=tuple(dict.fromkeys(deed for way in different.values() for deed in way.before)),
        nodes=_cut_off(scene.hands.binding, different) if isinstance(fault, CUTS) else (),
    )


def _cut_off(binding: Binding, links: Iterable[str]) -> tuple[str, ...]:
    """Return the real names of the nodes whose kubelet these links lead to the API server."""
    found = dict.fromkeys(links)
    return tuple(binding.node(name) for name, node in binding.nodes.items() if node.kubelet in found)


def _deed(scene: Scene, fault: spec.FaultBase, way: Proxied) -> Deed | Unsupported:
    try:
        meaning = toxics_of(fault, scene.mark, turned=way.turned)
    except BadToxic as error:
        return Unsupported(str(error))
    if isinstance(meaning, Unsupported):
        return meaning
    if isinstance(meaning, Down):
        return DisableProxy(link=way.link, namespace=way.namespace)
    return AddToxics(link=way.link, namespace=way.namespace, toxics=meaning)


def aimed(fault: spec.Flap, effect: spec.LinkFault) -> spec.LinkFault:
    """Return what one kind of a flap does, on the flap's own targets."""
    return effect.model_copy(update={"link": fault.link, "path": fault.path, "paths": fault.paths})


def flap(scene: Scene, fault: spec.Flap) -> Means | Unsupported:
    """Return what any of its kinds would touch: each phase is raised and undone by itself, as the plan has it."""
    effects = [effect for effect in fault.built().values() if isinstance(effect, spec.LinkFault)]
    found = [on_links(scene, aimed(fault, effect)) for effect in effects]
    if lacking := [each.why for each in found if isinstance(each, Unsupported)]:
        return Unsupported("; ".join(dict.fromkeys(lacking)))
    means = [each for each in found if isinstance(each, Means)]
    return Means(
        how="; ".join(dict.fromkeys(f"in turn: {each.how}" for each in means)) or "nothing",
        deeds=tuple(dict.fromkeys(deed for each in means for deed in each.deeds)),
        difference="; ".join(dict.fromkeys(each.difference for each in means if each.difference)),
        before=tuple(dict.fromkeys(deed for each in means for deed in each.before)),
        nodes=tuple(dict.fromkeys(node for each in means for node in each.nodes)),
    )


def partition(scene: Scene, fault: spec.Partition) -> Means | Unsupported:
    """Return a black hole in every link between the groups; refuse if two nodes of them have none that is proxied."""
    binding = scene.hands.binding
    links: list[str] = []
    open_pairs: list[str] = []
    for one, other in combinations(fault.groups, 2):
        for near in one:
            for far in other:
                between = links_between(binding, near, far)
                links += between
                open_pairs += [] if between else [f"{near}--{far}"]
    if open_pairs:
        return Unsupported(
            f"no proxy stands between {', '.join(open_pairs)}: they would go on talking; accepted: links between them"
        )
    made = _on(scene, spec.Blackhole(), [Proxied(link) for link in links])
    if isinstance(made, Unsupported):
        return made
    said = f"{made.difference}; what does not run through these proxies, such as pod to pod, goes on"
    return replace(made, difference=said)
