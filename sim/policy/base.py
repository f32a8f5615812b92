"""The policies of the language as one type: a frozen value decoded from a file is the behaviour itself.

`Layers` stands here because it is made of policies, and is one. A further kind is a file and a line in `AnyPolicy`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag

from sim.policy.breaker import OnChange
from sim.policy.fallback import Fallback
from sim.policy.hedging import Hedging
from sim.policy.multiplex import over
from sim.policy.once import Once
from sim.policy.part import Part, tag
from sim.policy.retry import Retry
from sim.policy.steps import Decisions, Draw
from sim.policy.within import cut_to
from sim.presets import preset_bodies

__all__ = ["KINDS", "AnyPolicy", "Layers", "LayersShared", "PolicyRef"]

_MOST_LAYERS = 20  # assumption: more is a mistake, and each costs a generator a call
KINDS = ("none", "retry", "hedge", "fallback", "layers")
PolicyRef: TypeAlias = str
"""The name of a policy of the file or of a preset."""


def _named(value: Any) -> Any:
    """Turn the name of a preset into what it is; `sim.spec.stacked` has spelt out the file's own policies."""
    if not isinstance(value, str) or value == "none":
        return value
    presets = preset_bodies("policies")
    if value not in presets:
        raise ValueError(f"{value!r} is no policy; accepted: a policy of the file, a preset, or a map with a kind")
    return presets[value]


def _some(layers: tuple[AnyPolicy, ...]) -> tuple[AnyPolicy, ...]:
    if not 1 <= len(layers) <= _MOST_LAYERS:
        raise ValueError(f"must be a list of 1 to {_MOST_LAYERS} policies")
    return layers


def _or_a_name(schema: dict[str, Any]) -> None:
    schema["items"] = {"anyOf": [{"type": "string", "description": "a policy's name"}, schema["items"]]}


class Layers(Part):
    """Policies around each other, from the caller (first) to the wire (last): an attempt of one is a call of the next.

    In a file a layer is a policy, or the name of one. `{kind: none, try_timeout: 30s}` is a layer that is a timeout,
    `{kind: retry, attempts: 1, breaker: …}` one that is a breaker. An outer timeout cuts what is inside, and what is
    cut tells its guards nothing. Budgets, breakers … are one a layer and client.
    """

    kind: Literal["layers"] = "layers"
    layers: Annotated[
        tuple[Annotated[AnyPolicy, BeforeValidator(_named)], ...],
        Field(json_schema_extra=_or_a_name),
        AfterValidator(_some),
    ]

    @property
    def timers_s(self) -> tuple[float, ...]:
        """How long the timers are that calls start again and again, and mostly stop again."""
        return tuple(timer_s for layer in self.layers for timer_s in layer.timers_s)

    def problem(self) -> str | None:
        """Return why this policy cannot be run, or None."""
        for number, layer in enumerate(self.layers, start=1):
            problem = layer.problem()
            if problem is not None:
                return f"layer {number}: {problem}"
        return None

    def words(self) -> Iterator[str]:
        """Yield what it does, in words, from the outside in."""
        yield " ⟶ ".join(f"[{'; '.join(layer.words())}]" for layer in self.layers)

    def new_shared(self) -> LayersShared | None:
        """Return the state of every layer, or None if no layer keeps any."""
        parts = tuple(layer.new_shared() for layer in self.layers)
        return None if all(part is None for part in parts) else LayersShared(parts)

    def call(self, now_s: float, draw: Draw, shared: LayersShared | None) -> Decisions:
        """Decide one call that starts at `now_s`."""
        return self._from(0, shared, now_s, draw)

    def _from(self, number: int, shared: LayersShared | None, now_s: float, draw: Draw) -> Decisions:
        """Decide a call of the layer of that number; a single try around others is no more than a timeout."""
        layer, last = self.layers[number], number + 1 == len(self.layers)
        if isinstance(layer, Once) and not last:
            inner = self._from(number + 1, shared, now_s, draw)
            return inner if layer.try_timeout is None else cut_to(inner, now_s, layer.try_timeout)
        decisions: Decisions = layer.call(now_s, draw, None if shared is None else shared.parts[number])
        return decisions if last else over(decisions, partial(self._from, number + 1, shared), now_s, draw)


class LayersShared:
    """One client's state, layer by layer; None where a layer keeps none."""

    __slots__ = ("_hears", "parts")

    def __init__(self, parts: tuple[Any, ...]) -> None:
        self.parts = parts
        self._hears: OnChange | None = None

    @property
    def on_change(self) -> OnChange | None:
        """Called with (at_s, old state, new state, "layer 2") at each change of a breaker; layers count from 1."""
        return self._hears

    @on_change.setter
    def on_change(self, hears: OnChange | None) -> None:
        self._hears = hears
        for number, part in enumerate(self.parts, start=1):
            if part is not None:
                part.on_change = None if hears is None else partial(_tell, hears, f"layer {number}")

    def snapshot(self) -> dict[str, Any]:
        """Return every layer's state as plain values."""
        return {f"layer {n}": part.snapshot() for n, part in enumerate(self.parts, start=1) if part is not None}


def _tell(hears: OnChange, layer: str, at_s: float, old: str, new: str, within: str = "") -> None:
    hears(at_s, old, new, f"{layer}, {within}" if within else layer)


def _from_file(value: Any) -> Any:
    """Turn `none` into {kind: none}; say what is accepted where the kind is missing or unknown."""
    if value == "none":
        return {"kind": "none"}
    if isinstance(value, dict) and value.get("kind") not in KINDS:
        given = f"kind: {value['kind']!r} is no policy" if "kind" in value else "has no kind"
        raise ValueError(f"{given}; accepted: kind: {', '.join(KINDS[:-1])} or {KINDS[-1]}")
    return value


AnyPolicy: TypeAlias = Annotated[
    Annotated[Once, Tag("none")]
    | Annotated[Retry, Tag("retry")]
    | Annotated[Hedging, Tag("hedge")]
    | Annotated[Fallback, Tag("fallback")]
    | Annotated[Layers, Tag("layers")],
    Discriminator(tag),
    BeforeValidator(_from_file),
]
