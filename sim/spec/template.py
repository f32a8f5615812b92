"""The scenario that `init` writes: small, commented, valid, and complete enough to compare two options."""

from __future__ import annotations

import json
from pathlib import Path

from sim.errors import Problem, ScenarioError

__all__ = ["SCHEMA_FILE", "template", "write_template"]

SCHEMA_FILE = "weatherglass-1.schema.json"  # of version 1 of the language; later versions have their own

_TEXT = """\
# yaml-language-server: $schema={schema}
# One file asks one question of one world. `weatherglass validate` checks it, `weatherglass compare` answers it.
# What is not written here has a default with a source; any duration may be a distribution.
version: 1
name: {name}
why: Do calls keep succeeding while one of three nodes is gone, and what does a retry buy?

run: {{duration: 15m, warmup: 1m, replications: 20, seed: 1}}

cluster:
  preset: k8s                             # timings of the control plane: k8s, k3s …
  control_plane: {{servers: [a, b, c], datastore: etcd}}
  nodes:
    a: {{cpu: 4, memory: 16GiB}}
    b: {{like: a}}                          # a copy of its sibling
    c: {{like: a}}
  links:
    default: {{latency: 200us}}             # one way; `a--b: …` for one link

workloads:                                # pods
  shop: {{replicas: 3, spread: {{over: nodes}}, serves: {{takes: {{lognormal: {{p50: 5ms, p99: 50ms}}}}, at_once: 4}}}}

services:                                 # a name in front of the ready pods of a workload
  shop: {{of: shop}}

clients:                                  # who calls, how often, and what it does when a call fails
  checkout: {{from: a, to: shop, arrivals: {{poisson: 20/s}}, policy: none}}

policies:                                 # besides these: presets such as none, wget, aws-standard
  twice: {{kind: retry, attempts: 2, try_timeout: 1s, backoff: {{kind: exponential, base: 100ms, jitter: full}}}}

faults:
  node-gone: {{kind: node_loss, node: c, at: 2m, for: 5m}}

steady:                                   # what normal is; recovery_s is measured against it
  calls: {{of: client/checkout, metric: call_ok_share, at_least: 99%, every: 30s}}

objectives:                               # what has to hold
  answers: {{of: client/checkout, metric: call_ok_share, at_least: 99.9%}}
  recovers: {{of: client/checkout, metric: recovery_s, at_most: 30s}}

options:                                  # named changes: set (must exist), add (must not), remove
  as-it-is: {{}}
  retry:
    why: One more attempt finds another pod.
    set: {{clients.checkout.policy: twice}}
"""


def template(name: str = "my-scenario") -> str:
    """Return the text of a small commented scenario; its first line names the schema file beside it."""
    return _TEXT.format(name=name, schema=SCHEMA_FILE)


def _scenario_name(stem: str) -> str:
    kept = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in stem.lower())
    return kept.strip("-")[:63].strip("-") or "my-scenario"


def _write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet, whole or not at all."""
    with path.open("x", encoding="utf-8", newline="\n") as stream:
        try:
            stream.write(text)
            stream.flush()
        except BaseException:
            stream.close()
            path.unlink()
            raise


def write_template(path: Path) -> tuple[Path, ...]:
    """Write the template to `path` and, unless it is there already, the schema beside it; return what was written.

    Raises ScenarioError if the file exists or cannot be written.
    """
    from sim.spec.schema import file_schema  # only `init` and `schema` need it

    schema_path = path.parent / SCHEMA_FILE
    schema = json.dumps(file_schema(), indent=2) + "\n"
    try:
        _write_new(path, template(_scenario_name(path.stem)))
        if schema_path.exists():
            return (path,)
        _write_new(schema_path, schema)
    except FileExistsError:
        message = "is there already, and init overwrites nothing; accepted: the name of a new file"
        raise ScenarioError((Problem(str(path), None, "", message),)) from None
    except (OSError, ValueError) as error:
        message = f"cannot be written ({error}); accepted: a new file in a folder that is there"
        raise ScenarioError((Problem(str(path), None, "", message),)) from None
    return (path, schema_path)
