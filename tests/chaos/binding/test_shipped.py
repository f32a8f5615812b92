"""The bindings that ship: each fits the scenario and the lab that its first lines name."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from lab_sites import a_site

from chaos.binding import Images, read_binding
from chaos.check import bound_plan
from chaos.lab import app
from chaos.lab.binding import write_binding
from chaos.lab.plan import components
from sim.plan import asked
from sim.spec.source import shipped, shipped_folder

FOLDER = shipped_folder() / "bindings"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_binding_fits_the_scenario_that_it_names(tmp_path, name):
    """With its changes made every fault has an end, and every name that is asked for is one of the binding."""
    said = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    source = re.search(r"weatherglass chaos (?:run|check) (\S+)", said)
    assert source is not None
    kind = "three-servers" if "--shape three-servers" in said else "single-etcd"
    site = a_site(tmp_path, kind=kind)
    site = replace(site, services=app.service_links(site.places))
    write_binding(site, tuple(component.name for component in components(site)), Images())
    file = read_binding(name, lambda: Path(site.folders.binding))
    plan = bound_plan(source[1], file)
    assert all(fault.for_ is not None for fault in plan.faults.values())
    binding = file.binding
    known = {"client": binding.clients, "service": binding.services, "workload": binding.workloads}
    known |= {"node": binding.nodes, "server": binding.servers, "member": binding.servers}
    assert [need for need in asked(plan) if need.kind in known and need.name not in known[need.kind]] == []


def test_bindings_are_no_scenarios():
    """They stand in a folder beside them."""
    assert [name for name in shipped() if "binding" in name] == []
