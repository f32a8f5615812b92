"""A disposable real cluster on this machine: real parts, real faults, nothing left behind.

`shape` says what a cluster is made of, `plan` turns a shape into components (both pure), `up`, `status`, `control` and
`down` make it real. Nothing here is imported before it is needed: `weatherglass --help` loads none of it.
"""

from __future__ import annotations
