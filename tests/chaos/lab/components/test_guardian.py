from __future__ import annotations

import json
import subprocess

import pytest
from lab_sites import a_site
from real_toxiproxy import LIMIT_S, program

from chaos.guard import Guardian
from chaos.lab.component import Http, Listens
from chaos.lab.components.guardian import COMMANDS, guardian_url
from chaos.lab.plan import components

SHAPES = [{"kind": "single-etcd"}, {"kind": "three-servers"}, {"engine": "kwok"}]


@pytest.mark.parametrize("asked", SHAPES)
def test_each_toxiproxy_has_a_guardian_where_it_is(asked):
    """In the same network, and it talks to this one; `NAME` of the one is `NAME` of the other."""
    site = a_site(**asked)
    made = [each for each in components(site) if each.kind == "guardian"]
    assert [(each.name, each.place) for each in made] == [
        (group.name.replace("toxiproxy", "guardian"), group.place) for group in site.groups
    ]
    assert [f"http://{group.api}" in each.argv for each, group in zip(made, site.groups, strict=True)] == [True] * len(
        made
    )


@pytest.mark.parametrize("asked", SHAPES)
def test_its_address_is_one_that_the_client_takes(asked):
    """A socket where a network may be cut, a port of the loopback where there is none; and there it is looked for."""
    site = a_site(**asked)
    made = [each for each in components(site) if each.kind == "guardian"]
    for each, group in zip(made, site.groups, strict=True):
        url = Guardian(guardian_url(site, group)).url
        if site.places.switch:
            assert each.ready == Listens(url.removeprefix("unix:"))
        else:
            assert each.ready == Http(f"{url}/state")


def test_it_restarts_its_own_toxiproxy_and_mends_what_it_is_told(tmp_path):
    """By commands of this lab alone, in the state folder that this lab is in."""
    site = a_site(tmp_path / "weatherglass" / "labs" / "lab")
    (made,) = [each for each in components(site) if each.name == "guardian-node-1"]
    options = dict(zip(made.argv[1::2], made.argv[2::2], strict=True))
    assert json.loads(options["-restart"])[1:] == ["-m", "chaos", "lab", "restart", "toxiproxy-node-1", "--name", "lab"]
    commands = dict(word.split("=", 1) for word in made.argv if word.split("=")[0] in COMMANDS)
    assert {verb: json.loads(words)[1:] for verb, words in commands.items()} == {
        verb: ["-m", "chaos", "lab", verb, "{target}", "--name", "lab"] for verb in ("start", "join")
    }
    assert made.env == {"XDG_STATE_HOME": str(tmp_path)}


def test_the_program_takes_its_command_line(tmp_path):
    """Nothing of it is refused: it gets as far as the folder that is not there."""
    site = a_site(tmp_path / "weatherglass" / "labs" / "lab")
    (made,) = [each for each in components(site) if each.name == "guardian-node-1"]
    argv = [str(program("guardian")), *made.argv[1:]]
    argv[2] = f"unix:{tmp_path}/missing/g.sock"
    done = subprocess.run(argv, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert (done.returncode, "no such file" in done.stderr) == (1, True)
