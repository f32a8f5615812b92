"""The real guardian beside a real toxiproxy: the dead man's switch does what it promises."""

from __future__ import annotations

import json
import signal
import subprocess
import time

import pytest
from real_guardian import RealGuardian
from real_toxiproxy import LIMIT_S, free_port, hang, until

from chaos.guard import DeadlinePassed, Enable, Guardian, GuardianHeld, GuardianRefused, GuardianSilent, Remove, Run
from chaos.toxiproxy import Toxic, ToxiproxySilent
from chaos.toxiproxy.toxics import Noop, Timeout

LONG_S = 50.0


def let_pass(guardian: RealGuardian) -> None:
    """Let the deadline pass now: after all that a slow machine had to do before it."""
    guardian.client.arm("run", 0.05)


def toxic(name: str, effect: Noop | Timeout | None = None) -> Toxic:
    """Return a toxic of a name."""
    return Toxic(name=name, stream="downstream", effect=effect or Noop())


def test_a_silent_runner_loses_its_faults(guardian, server):
    """When the deadline passes ours are gone, and somebody else's toxics stay."""
    server.add("link", toxic("theirs"))
    was = server.proxy("link")
    guardian.client.arm("run", LONG_S, [Remove("link", "ours"), Enable("other")])
    server.add("link", toxic("ours"))
    server.disable("other")
    let_pass(guardian)
    state = guardian.becomes("undone")
    assert (server.proxy("link"), server.proxy("other").enabled) == (was, True)
    assert (state.run, state.undo, state.remaining_s) == ("run", (), 0)


def test_not_before_its_deadline(guardian, server):
    """As long as it is renewed in time nothing happens, however often the first deadline has passed."""
    guardian.client.arm("run", 3.0, [Remove("link", "ours")])
    server.add("link", toxic("ours"))
    for _ in range(40):
        time.sleep(0.1)
        assert guardian.client.renew("run").phase == "armed"
    assert server.proxy("link").toxic_names == ("ours",)
    guardian.becomes("undone")
    assert server.proxy("link").toxic_names == ()


def test_who_disarms_has_undone_himself(guardian, server):
    """Nothing is done for him any more, and the next run is free to come."""
    server.add("link", toxic("ours"))
    guardian.client.arm("run", 1.0, [Remove("link", "ours")])
    assert guardian.client.disarm("run").phase == "idle"
    time.sleep(1.2)
    assert server.proxy("link").toxic_names == ("ours",)
    assert guardian.client.arm("next", LONG_S).run == "next"


def test_steps_add_up_and_are_taken_back_in_reverse(guardian):
    """Arming again adds, each step once; the last one goes first."""
    guardian.client.arm("run", LONG_S, [Run("start", "one")])
    state = guardian.client.arm("run", LONG_S, [Run("start", "two"), Run("start", "one")])
    assert state.undo == (Run("start", "one"), Run("start", "two"))
    assert LONG_S - 5 < state.remaining_s <= LONG_S
    guardian.client.arm("run", 0.1, [Run("start", "three")])
    guardian.becomes("undone")
    assert guardian.notes() == ["three", "two", "one"]


def test_what_a_run_has_undone_itself_is_dropped(guardian):
    """The rest is taken back; the deadline stays as it was, and the same step may be ordered anew."""
    one, two = Run("start", "one"), Run("start", "two")
    guardian.client.arm("run", LONG_S, [one, two])
    state = guardian.client.forget("run", [one, Enable("link")])
    assert (state.undo, state.phase) == ((two,), "armed")
    assert json.loads(guardian.state_file.read_text())["steps"] == [two.wire()]  # a guardian that is killed knows too
    assert guardian.client.arm("run", LONG_S, [one]).undo == (two, one)
    guardian.client.forget("run", [two])
    let_pass(guardian)
    guardian.becomes("undone")
    assert guardian.notes() == ["one"]


def test_nobody_drops_what_is_not_his(guardian):
    """Another run's steps stay, and so does what the deadline has made the guardian's own."""
    guardian.client.arm("run", LONG_S, [Run("start", "one")])
    with pytest.raises(GuardianRefused, match="run second is not armed here; run run is"):
        guardian.client.forget("second", [Run("start", "one")])
    guardian.client.arm("run", 0.05, [Run("start", "bad")])
    guardian.becomes("left")
    with pytest.raises(DeadlinePassed):
        guardian.client.forget("run", [Run("start", "bad")])
    assert guardian.client.state().undo == (Run("start", "bad"),)


def test_a_second_run_is_told_who_is_first(guardian):
    """One experiment at a time, and the first one keeps what it has."""
    guardian.client.arm("first", LONG_S, [Enable("link")])
    with pytest.raises(GuardianHeld, match="run first holds this guardian"):
        guardian.client.arm("second", LONG_S)
    for call in (guardian.client.renew, guardian.client.disarm):
        with pytest.raises(GuardianRefused, match="run second is not armed here; run first is"):
            call("second")
    assert guardian.client.state().undo == (Enable("link"),)


def test_a_run_that_comes_back_too_late_is_told_so(guardian):
    """Its faults are gone: it must not believe that they are on, nor arm again."""
    guardian.client.arm("run", 0.1, [])
    guardian.becomes("undone")
    for call in (lambda: guardian.client.renew("run"), lambda: guardian.client.arm("run", LONG_S)):
        with pytest.raises(DeadlinePassed, match="has passed"):
            call()
    assert guardian.client.disarm("run").phase == "idle"


def test_a_command_that_fails_is_tried_again_and_keeps_nothing_else(guardian, server):
    """The others are done; what is left is said, and its run alone can end it."""
    server.add("link", toxic("ours"))
    guardian.client.arm("run", 0.2, [Remove("link", "ours"), Run("start", "bad"), Run("start", "good")])
    state = guardian.becomes("left")
    assert (state.undo, server.proxy("link").toxic_names) == ((Run("start", "bad"),), ())
    assert any("start bad: " in said and "exit status 1" in said for _, said in state.log)
    with pytest.raises(GuardianHeld):
        guardian.client.arm("next", LONG_S)
    until(lambda: guardian.notes().count("bad") > 1, "it is tried again")
    assert guardian.notes().count("good") == 1
    guardian.becomes("left")
    assert guardian.client.disarm("run").phase == "idle"


def test_a_hung_toxiproxy_is_seen_and_restarted(guardian, real, server):
    """The hang is known before it matters; at the deadline toxiproxy is started anew, and all is as it was."""
    was = server.proxy("link")
    guardian.client.arm("run", LONG_S, [Remove("link", "hangs")])
    with hang(real):
        until(lambda: guardian.client.state().toxiproxy == "hung", "the hang is seen")
        assert real.starts == 1  # not before the deadline: the fault is the runner's until then
        guardian.client.arm("run", 0.1)
        guardian.becomes("undone")
    assert (real.starts, server.proxy("link")) == (2, was)
    with real.call() as caller:
        caller.asks()


def test_a_frozen_toxiproxy_is_restarted(guardian, real, server):
    """Whatever does not answer does not undo."""
    guardian.client.arm("run", LONG_S, [Remove("link", "ours")])
    server.add("link", toxic("ours", Timeout()))
    real.signal(signal.SIGSTOP)
    let_pass(guardian)
    guardian.becomes("undone")
    assert (real.starts, server.proxy("link").toxic_names) == (2, ())


@pytest.mark.parametrize("way", ["-kill", "-kill-file"])
def test_it_may_kill_a_toxiproxy_that_somebody_else_starts_again(guardian, real, server, tmp_path, way):
    """As in a pod, where the kubelet restarts the container: here it is the test."""
    number = tmp_path / "pid"
    number.write_text(str(real.running.pid))
    alike = tmp_path / f"toxiproxy-{real.port}"  # a name of its own: nobody else's server is called so
    alike.symlink_to(real.binary)
    real.kill()
    real.binary = alike
    real.start()
    number.write_text(str(real.running.pid))
    guardian.end()
    guardian.start(way, alike.name if way == "-kill" else str(number))
    guardian.client.arm("run", LONG_S, [Remove("link", "ours")])
    real.signal(signal.SIGSTOP)
    let_pass(guardian)
    assert real.running.wait(LIMIT_S) == -signal.SIGKILL
    real.start()
    guardian.becomes("undone")
    assert guardian.client.state().restarts_by == way


def test_without_a_way_to_restart_it_goes_on_trying(guardian, real, server):
    """It says so; and when toxiproxy answers again, all is undone."""
    guardian.end()
    guardian.start("-kill", "no-such-program")
    guardian.client.arm("run", LONG_S, [Remove("link", "ours")])
    server.add("link", toxic("ours"))
    real.signal(signal.SIGSTOP)
    let_pass(guardian)
    state = guardian.becomes("left")
    assert any("no process here is called" in said for _, said in state.log)
    real.signal(signal.SIGCONT)
    guardian.becomes("undone")
    assert server.proxy("link").toxic_names == ()


# its own death


def test_killed_and_started_it_keeps_the_deadline(guardian, server):
    """Neither forgotten nor begun anew; a renewal is kept too."""
    guardian.client.arm("run", LONG_S, [Remove("link", "ours")])
    server.add("link", toxic("ours"))
    time.sleep(1.0)
    guardian.end()
    guardian.start()
    state = guardian.client.state()
    assert (state.run, state.phase, state.undo) == ("run", "armed", (Remove("link", "ours"),))
    assert state.remaining_s <= LONG_S - 1.0
    assert guardian.client.renew("run").remaining_s > LONG_S - 1.0


def test_a_deadline_that_passed_while_it_was_dead_is_done_at_once(guardian, server):
    """Its death is no reprieve."""
    server.add("link", toxic("ours"))
    guardian.client.arm("run", 2.0, [Remove("link", "ours")])
    guardian.end()
    time.sleep(2.0)
    assert server.proxy("link").toxic_names == ("ours",)
    guardian.start()
    guardian.becomes("undone")
    assert server.proxy("link").toxic_names == ()


@pytest.mark.parametrize(
    "changed",
    [
        {"boot": "another"},  # the machine was restarted
        {"phase": "undoing"},  # it died while it undid
        {"phase": "left"},
    ],
)
def test_what_can_not_be_known_has_passed(guardian, server, changed):
    """After a reboot, or in the middle of undoing: at once rather than too late."""
    guardian.client.arm("run", LONG_S, [Remove("link", "ours")])
    server.add("link", toxic("ours"))
    guardian.end()
    guardian.state_file.write_text(json.dumps({**json.loads(guardian.state_file.read_text()), **changed}))
    guardian.start()
    guardian.becomes("undone")
    assert server.proxy("link").toxic_names == ()


def test_no_record_gives_more_time_than_a_renewal(guardian):
    """A deadline far in the future, whoever wrote it, is cut to within_s from now."""
    guardian.client.arm("run", 5.0, [])
    guardian.end()
    record = json.loads(guardian.state_file.read_text())
    record["until_ns_since_boot"] += 10**15
    guardian.state_file.write_text(json.dumps(record))
    guardian.start()
    assert guardian.client.state().remaining_s <= 5.0


def test_a_record_that_can_not_be_read_restarts_toxiproxy(guardian, real, server):
    """Nobody knows what was armed; a restart undoes all of it."""
    server.add("link", toxic("ours"))
    guardian.end()
    guardian.state_file.write_text("{")
    guardian.start()
    guardian.becomes("undone")
    until(lambda: _answers(server), "the restarted toxiproxy answers")
    assert (real.starts, server.proxy("link").toxic_names) == (2, ())


def _answers(server):
    try:
        return not server.hung()
    except ToxiproxySilent:
        return False


def test_a_state_that_can_not_be_written_arms_nothing(guardian):
    """Who is told yes may rely on it: a full or missing disk is a no before anything is broken."""
    guardian.end()
    guardian.state_file = guardian.folder / "missing" / "state.json"
    guardian.start()
    with pytest.raises(GuardianRefused, match=r"status 507: the state could not be written: .*no such file"):
        guardian.client.arm("run", LONG_S, [])
    assert guardian.client.state().phase == "idle"


# what it takes, and from whom


@pytest.mark.parametrize(
    ("run", "within_s", "undo", "told"),
    [
        ("run", 0, [], r"within_s: 0; accepted: more than 0, up to 60"),
        ("run", 61, [], r"within_s: 61; accepted"),
        ("-run", 1, [], r'run: "-run"; accepted'),
        ("run", 1, [Run("rm", "x")], r'the command "rm" is not on this guardian.s list; accepted: start'),
        ("run", 1, [Run("start", "--all")], r'undo.0: "--all" is no name'),
        ("run", 1, [Run("start", "$(reboot)")], r"is no name"),
        ("run", 1, [Enable("link"), Remove("a/b", "c")], r'undo.1: "a/b" is no name'),
        ("run", 1, [Enable("")], r"an undo is one of"),
    ],
)
def test_what_it_does_not_take_it_says(guardian, run, within_s, undo, told):
    """A request names commands of its own list and plain names, never words of a command line."""
    with pytest.raises(GuardianRefused, match=told) as refused:
        guardian.client.arm(run, within_s, undo)
    assert (refused.value.status, guardian.client.state().phase) == (400, "idle")


def test_nothing_is_armed_without_a_name_and_nobody_is_renewed(guardian):
    """An idle guardian has nothing to renew."""
    with pytest.raises(GuardianRefused, match="status 404: run x is not armed here; nobody is"):
        guardian.client.renew("x")


def test_no_variable_leads_it_astray(guardian, server):
    """HTTP_PROXY is not for the way to its own toxiproxy."""
    guardian.end()
    nobody = f"http://127.0.0.1:{free_port()}"
    guardian.environment = {"HTTP_PROXY": nobody, "http_proxy": nobody, "ALL_PROXY": nobody, "NO_PROXY": ""}
    guardian.start()
    server.add("link", toxic("ours"))
    guardian.client.arm("run", 0.2, [Remove("link", "ours")])
    guardian.becomes("undone")
    assert server.proxy("link").toxic_names == ()


def test_it_listens_on_a_socket_of_its_owner_too(guardian):
    """No cut network reaches that; the socket of a killed one is taken over."""
    guardian.end()
    guardian.address = f"unix:{guardian.folder}/g.sock"
    for _ in range(2):
        guardian.start()
        assert guardian.client.arm("run", LONG_S).phase == "armed"
        guardian.end()
    assert (guardian.folder / "g.sock").stat().st_mode & 0o777 == 0o700
    with pytest.raises(GuardianSilent):
        Guardian(guardian.address).state()
    guardian.start()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "-state FILE is missing"),
        (("-state", "s", "-toxiproxy", "ftp://x"), "is no URL such as http://127.0.0.1:8474"),
        (("-state", "s", "-restart", "reboot"), "needs a list such as"),
        (("-state", "s", "-kill", "a", "-restart", '["b"]'), "-kill, -restart: give one way"),
        (("-state", "s", "-max", "0s"), "longer than nothing"),
        (("-state", "s", "more"), "it takes flags only"),
    ],
)
def test_a_wrong_command_line_is_refused(guardian, words, told):
    """Exit code 2, and what is accepted."""
    done = subprocess.run([guardian.argv()[0], *words], capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert done.returncode == 2
    assert told in done.stderr
