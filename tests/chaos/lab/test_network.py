from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from chaos.lab import network
from chaos.lab.ledger import Thing
from chaos.lab.leftovers import remove
from chaos.lab.network import within
from chaos.lab.places import LAST_INDEX, places
from chaos.lab.requirements import _networks, _root, missing
from chaos.lab.shape import shape

WHERE = places(shape(name=f"net-{os.getpid() % 10**6}", nodes=2), LAST_INDEX)
OWNER = f"weatherglass.test-{os.getpid()}"
LISTEN = (
    "import socket; s = socket.create_server(('', 7)); print('listens', flush=True)\n"
    "while True: s.accept()[0].sendall(b'x')"
)
DIAL = "import socket, sys; s = socket.create_connection((sys.argv[1], 7), 2); s.settimeout(2); print(s.recv(1))"


@pytest.fixture(scope="module")
def made():
    """A network with a listener on every machine, that goes afterwards."""
    if found := missing(Path.home(), (_root, _networks)):
        pytest.skip("; ".join(map(str, found)))
    listeners = []
    try:
        network.make(WHERE, OWNER)
        for place in WHERE.all:
            command = (*within(place.netns), sys.executable, "-c", LISTEN)
            listeners.append(subprocess.Popen(command, stdout=subprocess.PIPE))
        for listener in listeners:
            listener.stdout.readline()
        yield WHERE
    finally:
        for listener in listeners:
            listener.kill()
            listener.communicate()
        remove(Thing("link", OWNER))
        left = [name for name in network.namespaces(WHERE) if remove(Thing("namespace", name))]
    assert left == []
    assert WHERE.link not in os.listdir("/sys/class/net")


def _dial(source, target) -> str:
    """Return what a machine hears from another: `b'x'`, or the kind of error."""
    command = (*within(source.netns), sys.executable, "-c", DIAL, target.address)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1].split(":")[0]


def test_every_machine_reaches_every_other_and_the_host_reaches_all(made):
    """One network, without a rule or forwarding outside of the lab."""
    first, *others = made.all
    assert [_dial(first, other) for other in others] == ["b'x'"] * len(others)
    for place in made.all:
        with socket.create_connection((place.address, 7), 2) as connection:
            assert connection.recv(1) == b"x"


def test_the_link_outside_is_known_by_its_owner(made):
    """A lab that takes the same number later is another owner: its link is not taken for this one's."""
    assert network.links_of(OWNER) == [made.link]
    assert network.links_of(f"{OWNER}x") == []


def test_a_cut_machine_is_silent_and_not_unreachable(made):
    """Both ways its dials time out: no neighbour entry fails, no link goes down. Cutting twice is cutting once."""
    one, two = made.nodes
    for _ in range(2):
        network.cut(made, one.name)
    assert (network.is_cut(made, one.name), network.is_cut(made, two.name)) == (True, False)
    assert [_dial(one, two), _dial(two, one)] == ["TimeoutError", "TimeoutError"]
    network.join(made, one.name)
    assert not network.is_cut(made, one.name)
    assert [_dial(one, two), _dial(two, one)] == ["b'x'", "b'x'"]


def test_the_world_outside_is_silent(made):
    """A lab has no way out: what is not in it vanishes, without an error."""
    from dataclasses import replace

    assert _dial(made.edge, replace(made.edge, address="192.0.2.1")) == "TimeoutError"
