"""A small valid scenario, and a way to break it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sim.errors import ScenarioError
from sim.spec.load import Document, load

SMALL = """\
version: 1
name: small
why: Does it work?
run: {duration: 10m, warmup: 1m}
cluster:
  nodes:
    a: {cpu: 4}
    b: {like: a}
    c: {like: b, memory: 8GiB}
external: {database: {reached: {via: a}}}
workloads:
  api: {replicas: 3, serves: {takes: {exponential: {mean: 20ms}}, at_once: 4}}
services:
  api: {of: api, calls: [{to: database}]}
clients:
  shop: {from: b, to: api, arrivals: {poisson: 50/s}, policy: patient, transport: quick}
transports:
  quick: {like: go-net-http, dial_timeout: 1s}
policies:
  patient: {kind: retry, attempts: 3, backoff: 100ms}
faults:
  gone: {kind: node_loss, node: a, at: 2m, for: 3m}
  flap:
    kind: flap
    path: shop->api
    at: 1m
    for: 1m
    up: 8s
    down: 5s
    kinds: {lossy: {fault: {kind: loss, share: 90%}}}
crews: {night: {size: 1}}
repair:
  gone: {noticed: {lognormal: {p50: 4h, p99: 2d}}, crew: night}
steady:
  calls: {of: client/shop, metric: call_ok_share, at_least: 99.9%, every: 30s}
objectives:
  back: {of: client/shop, metric: recovery_s, at_most: 5s}
options:
  as-is: {}
  more: {set: {workloads.api.replicas: 5}}
"""


@pytest.fixture
def small() -> str:
    """The text of a valid scenario."""
    return SMALL


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Document]:
    """Load a text as the file `it.yaml` of the working directory."""
    monkeypatch.chdir(tmp_path)

    def from_text(text: str) -> Document:
        Path("it.yaml").write_text(text, encoding="utf-8")
        return load("it.yaml")

    return from_text


@pytest.fixture
def problems(loaded: Callable[[str], Document]) -> Callable[[str], list[str]]:
    """Return the problems of a text, as lines without the file's name."""

    def of_text(text: str) -> list[str]:
        try:
            loaded(text)
        except ScenarioError as error:
            return [str(problem).removeprefix("it.yaml:") for problem in error.problems]
        return []

    return of_text
