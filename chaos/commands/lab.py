"""`weatherglass lab up|status|logs|stop|start|restart|cut|join|down`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from chaos.lab.record import Lab
    from chaos.lab.status import LabStatus

__all__ = ["LAB_HELP", "lab"]

LAB_HELP = "A disposable real cluster on this machine, to be broken."

UP_HELP = """Start a real Kubernetes cluster on this machine.

Real etcd, API server, controller-manager, scheduler, and per node containerd, kubelet and kube-proxy in network
namespaces; a toxiproxy in every link that matters; a sample application. Needs Linux and root. The first time it builds
its parts (about 10 minutes on two cores), later it takes seconds. Prints where the kubeconfig and the binding file are.
Exit code 0: all nodes are Ready, 2: bad usage, 3: it could not be made, and nothing of it is left.

\b
Examples:
  weatherglass lab up
  weatherglass lab up --shape three-servers --nodes 5 --zones a,b --timings fast
  weatherglass lab up --timings fast --timing grace=20s
  KUBECONFIG=$(weatherglass lab status --json | jq -r .kubeconfig) kubectl get nodes
"""

STATUS_HELP = """Show every component: process, health, since when.

And where kubeconfig and binding file are. Exit code 2: there is no such lab.

\b
Examples:
  weatherglass lab status
  weatherglass lab status --json | jq -r .kubeconfig
"""

DOWN_HELP = """Remove the lab and all it left, also after a crash.

Exit code 4: something is left, and the text says how it goes.

\b
Examples:
  weatherglass lab down
  weatherglass lab down --name other
"""

LOGS_HELP = """Print the log of a component.

\b
Examples:
  weatherglass lab logs etcd-server-1
  weatherglass lab logs kubelet-node-1 -f
"""

STOP_HELP = """Stop a component, or a whole node with its pods. Nothing brings it back but `lab start`.

\b
Examples:
  weatherglass lab stop etcd-server-1
  weatherglass lab stop node-1 --how kill
  weatherglass lab stop kubelet-node-2 --how freeze
"""

START_HELP = """Start (or thaw) a component or a node, until it is ready.

\b
Examples:
  weatherglass lab start node-1
  weatherglass lab start kubelet-node-2
"""

RESTART_HELP = """Kill a component or a node, and start it again.

A toxiproxy comes back with all its proxies healthy.

\b
Examples:
  weatherglass lab restart toxiproxy-services
  weatherglass lab restart node-1
"""

CUT_HELP = """Cut a node (or a server) off the network: silence both ways.

\b
Examples:
  weatherglass lab cut node-2
  weatherglass lab cut server-1
"""

JOIN_HELP = """Give a cut node (or server) its network back.

\b
Examples:
  weatherglass lab join node-2
"""

Name = Annotated[str, typer.Option("--name", metavar="NAME", help="Of the lab, where there are several.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON on standard output and nothing else.")]
Target = Annotated[str, typer.Argument(metavar="COMPONENT|NODE", help="As `lab status` names it, or a node.")]

lab = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=LAB_HELP,
)


def _named(name: str) -> Lab:
    from chaos.lab.record import Lab
    from chaos.lab.shape import shape

    shape(name=name)  # says what a name is, before it becomes part of a path
    return Lab.named(name)


@lab.command("up", help=UP_HELP)
def _up(  # noqa: PLR0913, PLR0917 (what a command can be told is its parameters)
    kind: Annotated[
        str, typer.Option("--shape", metavar="SHAPE", help="single-etcd, single-sqlite or three-servers.")
    ] = "single-etcd",
    nodes: Annotated[int, typer.Option("--nodes", metavar="N", help="How many nodes.")] = 3,
    zones: Annotated[str, typer.Option("--zones", metavar="A,B", help="Nodes get these zones in turn.")] = "",
    base: Annotated[str, typer.Option("--timings", metavar="SET", help="default or fast.")] = "default",
    timing: Annotated[
        list[str] | None, typer.Option("--timing", metavar="NAME=VALUE", help="One timing, such as grace=20s.")
    ] = None,
    engine: Annotated[
        str, typer.Option("--engine", metavar="ENGINE", help="kubelet (real nodes) or kwok (simulated ones).")
    ] = "kubelet",
    name: Name = "lab",
    app: Annotated[bool, typer.Option("--app/--no-app", help="The sample application.")] = True,
    envoy: Annotated[bool, typer.Option("--envoy", help="Envoy in front of it: retries, outlier detection.")] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave what failed, to look at it; `lab down` removes it.")
    ] = False,
    as_json: Json = False,
) -> None:
    from chaos.commands.lab_progress import shown
    from chaos.lab.shape import shape
    from chaos.lab.timings import timings

    asked = shape(
        name=name,
        kind=kind,
        nodes=nodes,
        zones=tuple(filter(None, zones.split(","))),
        timings=timings(base, tuple(timing or ())),
        engine=engine,
        app=app,
        envoy=envoy,
    )
    from chaos.lab.up import up

    with shown() as report:
        site = up(asked, report, keep=keep)
    files = {"kubeconfig": str(site.folders.kubeconfig), "binding": str(site.folders.binding)}
    typer.echo(
        json.dumps(files) if as_json else "".join(f"{what:12}{path}\n" for what, path in files.items()), nl=as_json
    )


@lab.command("status", help=STATUS_HELP)
def _status(name: Name = "lab", as_json: Json = False) -> None:
    from chaos.lab.status import status

    found = status(_named(name))
    if as_json:
        typer.echo(json.dumps(found.to_dict(), indent=1))
    else:
        _show(found)


def _show(found: LabStatus) -> None:
    rows = [("component", "place", "pid", "health", "since")]
    rows += [(c.name, c.place, str(c.pid or "-"), c.health, c.since or "-") for c in found.components]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    if found.cut:
        typer.echo(f"\ncut off: {', '.join(found.cut)}")
    typer.echo(f"\nkubeconfig  {found.kubeconfig}\nbinding     {found.binding}")


@lab.command("down", help=DOWN_HELP)
def _down(name: Name = "lab", as_json: Json = False) -> None:
    from chaos.lab.down import down

    found = _named(name)
    with found.lock():
        was_there = found.exists
        down(found)
    if as_json:
        typer.echo(json.dumps({"name": name, "was_there": was_there, "left": []}))
    else:
        typer.echo(
            f"lab {name}: removed, nothing is left" if was_there else f"there was no lab {name}; nothing is left",
            err=True,
        )


@lab.command("logs", help=LOGS_HELP)
def _logs(
    component: Annotated[str, typer.Argument(metavar="COMPONENT", help="As `lab status` names it.")],
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on with what is added.")] = False,
    name: Name = "lab",
) -> None:
    from chaos.lab.logs import log_lines, log_of

    for text in log_lines(log_of(_named(name), component), follow=follow):
        sys.stdout.write(text)
        sys.stdout.flush()


@lab.command("stop", help=STOP_HELP)
def _stop(
    target: Target,
    how: Annotated[
        str, typer.Option("--how", metavar="HOW", help="term, kill, or freeze (`lab start` thaws).")
    ] = "term",
    name: Name = "lab",
) -> None:
    from chaos.lab.control import stop_target

    for stopped in stop_target(_named(name), target, how):
        typer.echo(f"{stopped}: {'frozen' if how == 'freeze' else 'stopped'}", err=True)


@lab.command("start", help=START_HELP)
def _start(target: Target, name: Name = "lab") -> None:
    from chaos.lab.control import start_target

    start_target(_named(name), target, _say)


@lab.command("restart", help=RESTART_HELP)
def _restart(target: Target, name: Name = "lab") -> None:
    from chaos.lab.control import restart_target

    restart_target(_named(name), target, _say)


def _say(component: str, what: str) -> None:
    typer.echo(f"{component}: {what}", err=True)


@lab.command("cut", help=CUT_HELP)
def _cut(node: Annotated[str, typer.Argument(metavar="NODE")], name: Name = "lab") -> None:
    from chaos.lab.control import cut

    cut(_named(name), node)
    typer.echo(f"{node}: cut off; `weatherglass lab join {node}` gives it its network back", err=True)


@lab.command("join", help=JOIN_HELP)
def _join(node: Annotated[str, typer.Argument(metavar="NODE")], name: Name = "lab") -> None:
    from chaos.lab.control import join

    join(_named(name), node)
    typer.echo(f"{node}: joined", err=True)
