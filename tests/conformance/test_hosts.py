"""What every kind of host must do, tried on real ones."""

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psycopg
import pytest

from drill.clock import wait_until
from drill.errors import CannotRun, Killed, StepFailed
from drill.hosts import Host, Premises, leftovers
from drill.hosts.mark import new_run_id, work_folder

KINDS = ["embedded", pytest.param("docker", marks=pytest.mark.docker)]

_TREE = "sleep 301 & (sleep 302 & sleep 303; true) & wait"  # a tree whose middle does not wait for its end


@pytest.fixture(params=KINDS)
def premises(request: pytest.FixtureRequest) -> Premises:
    """The fixture `<kind>_premises`."""
    found: Premises = request.getfixturevalue(f"{request.param}_premises")
    return found


@pytest.fixture
def home(premises: Premises) -> Iterator[Host]:
    with premises.hosts(new_run_id()) as (home, _), home.open():
        yield home


def _start_tree(host: Host) -> None:
    host.start(["/bin/sh", "-c", _TREE], log=host.disk / "tree.log")
    wait_until("the tree grows", lambda: len(host.running()) == 5, deadline=10, hint=lambda: f"{host.running()}")


def test_a_program_runs_to_its_end_and_its_output_is_returned(home: Host) -> None:
    assert home.run(["/bin/sh", "-c", 'echo "$WORD"; echo two'], deadline=10, env={"WORD": "one"}) == "one\ntwo\n"
    assert home.run(["id", "-u"], deadline=10).strip() != "0"
    assert home.running() == []


def test_a_program_that_fails_says_why_and_one_that_was_killed_has_not_failed(home: Host) -> None:
    with pytest.raises(StepFailed, match="the disk is on fire"):
        home.run(["/bin/sh", "-c", "echo the disk is on fire >&2; exit 3"], deadline=10)
    with pytest.raises(Killed):
        home.run(["/bin/sh", "-c", "kill -9 $$"], deadline=10)


def test_at_the_deadline_a_program_is_killed_with_its_children(home: Host) -> None:
    began = time.monotonic()
    with pytest.raises(StepFailed, match="half way"):
        home.run(["/bin/sh", "-c", "echo half way >&2; sleep 300 & sleep 300"], deadline=1)
    assert time.monotonic() - began < 5
    wait_until("they are gone", lambda: not home.running(), deadline=5, hint=lambda: f"{home.running()}")


def _ends(host: Host, words: str) -> bool:
    return host.read(host.disk / "program.log").endswith(words)


def test_a_started_program_goes_on_and_appends_to_its_log(home: Host) -> None:
    log = home.disk / "program.log"
    for word in ("first", "second"):
        home.start(["/bin/sh", "-c", f"echo {word}; echo {word} error >&2"], log=log)
        wait_until("it has written", partial(_ends, home, f"{word} error\n"), deadline=10, hint="see the log")
    assert home.read(log) == "first\nfirst error\nsecond\nsecond error\n"
    home.start(["sleep", "300"], log=log)
    wait_until("it runs", lambda: [line.split()[1] for line in home.running()] == ["sleep"], deadline=10, hint="")


def test_a_file_is_private_and_can_be_read_again(home: Host) -> None:
    path = home.disk / "keys" / "pass word"
    home.write(path, "čtyři: geheim\n")
    home.write(path, "drei: geheim\n")
    assert home.read(path) == "drei: geheim\n"
    assert home.run(["cat", str(path)], deadline=10) == "drei: geheim\n"
    assert home.run(["stat", "-c", "%a %U", str(path)], deadline=10).split()[0] == "600"
    assert home.run(["stat", "-c", "%a", str(path.parent), str(home.disk)], deadline=10).split() == ["700", "700"]
    assert home.read(home.disk / "nothing") == ""


def test_what_is_brought_is_private_and_the_same(home: Host, tmp_path: Path) -> None:
    large, folder = tmp_path / "large", tmp_path / "a folder"
    (folder / "empty").mkdir(parents=True)
    (folder / "deeper").mkdir()
    large.write_text("long line\n" * 300_001)
    (folder / "deeper" / "čtyři 4").write_text("geheim\n")
    (folder / "deeper" / "čtyři 4").chmod(0o777)
    (folder / "nothing").touch()
    to = home.disk / "brought" / "here"
    home.bring(large, to / "by another name")
    for _ in range(2):  # again is over it
        home.bring(folder, to / "tree")
    assert home.run(["cat", str(to / "by another name")], deadline=30) == large.read_text()
    assert home.run(["cat", str(to / "tree" / "deeper" / "čtyři 4")], deadline=10) == "geheim\n"
    assert home.read(to / "tree" / "nothing") == ""
    folders, files = ["tree", "tree/empty", "tree/deeper"], ["by another name", "tree/nothing", "tree/deeper/čtyři 4"]
    own = home.run(["id", "-u"], deadline=10).strip()
    for mode, names in (("700", folders), ("600", files)):
        seen = home.run(["stat", "-c", "%a %u", *(str(to / name) for name in names)], deadline=10)
        assert seen.splitlines() == [f"{mode} {own}"] * len(names)


def test_what_is_brought_is_what_was_named(home: Host, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link").symlink_to("/etc/passwd")
    for source, says in (
        (folder, "link is neither"),
        (folder / "link", "link is neither"),
        (tmp_path / "no", "No such file"),
    ):
        with pytest.raises(CannotRun, match=says) as refused:
            home.bring(source, home.disk / "brought")
        assert refused.value.hint
    assert "root" not in home.read(home.disk / "brought" / "link")
    (folder / "deeper").mkdir()
    (folder / "deeper" / "link").symlink_to("/etc/passwd")
    (folder / "deeper" / "file").write_text("brought")
    home.bring(folder, home.disk / "without", without={folder / "link", folder / "deeper" / "link"})
    assert home.read(home.disk / "without" / "deeper" / "file") == "brought"
    assert home.read(home.disk / "without" / "link") == home.read(home.disk / "without" / "deeper" / "link") == ""


def test_power_goes_for_everything_at_once_and_comes_back_with_the_disk(home: Host) -> None:
    home.write(home.disk / "kept", "on the disk")
    _start_tree(home)
    began = time.monotonic()
    home.power_off()
    assert home.running() == []
    assert time.monotonic() - began < 5
    with pytest.raises(StepFailed):
        home.run(["true"], deadline=5)
    home.power_off()  # twice is once
    home.power_on()
    assert home.running() == []
    assert home.read(home.disk / "kept") == "on the disk"
    assert home.run(["cat", str(home.disk / "kept")], deadline=10) == "on the disk"


_COUNT = "n=0; while :; do n=$((n+1)); echo $n >count.new && mv count.new count; sleep 0.01 & wait $!; done"


def _counts_on(host: Host) -> bool:
    before = host.read(host.disk / "count")
    wait_until("it counts", lambda: host.read(host.disk / "count") != before, deadline=10, hint="is it stopped?")
    return True


def _start_counting(host: Host) -> None:
    """Programs that are born and die all the time."""
    host.start(["/bin/sh", "-c", f"cd {host.disk}; {_COUNT}"], log=host.disk / "count.log")
    assert _counts_on(host)


def test_what_is_frozen_is_there_and_does_nothing_until_it_is_thawed(home: Host) -> None:
    assert not home.is_frozen()
    _start_tree(home)
    _start_counting(home)
    assert not home.is_frozen()
    for _ in range(2):  # twice is once
        home.freeze()
        assert home.is_frozen()
    stopped, counted = list(home.running()), home.read(home.disk / "count")
    assert len(stopped) >= 6
    for forbidden in (lambda: home.run(["true"], deadline=5), lambda: home.start(["true"], log=home.disk / "log")):
        with pytest.raises(StepFailed):
            forbidden()
    assert (home.running(), home.read(home.disk / "count")) == (stopped, counted)
    assert home.is_frozen()
    for _ in range(2):
        home.thaw()
        assert not home.is_frozen()
    assert _counts_on(home)
    assert home.run(["cat", "/dev/null"], deadline=10) == ""


def test_where_only_some_stand_still_nothing_is_frozen(home: Host) -> None:
    home.start(["/bin/sh", "-c", "sleep 300 & kill -STOP $!; wait"], log=home.disk / "log")
    wait_until("both are there", lambda: len(home.running()) == 2, deadline=10, hint=lambda: f"{home.running()}")
    assert not home.is_frozen()


def test_power_is_lost_also_by_what_is_frozen(home: Host) -> None:
    home.write(home.disk / "kept", "on the disk")
    _start_tree(home)
    home.freeze()
    home.power_off()
    assert (home.running(), home.is_frozen()) == ([], False)
    home.thaw()
    assert home.running() == []
    with pytest.raises(StepFailed, match=r"power|not running"):
        home.freeze()
    home.power_on()
    assert home.run(["cat", str(home.disk / "kept")], deadline=10) == "on the disk"
    _start_tree(home)
    assert not home.is_frozen()


def test_nothing_is_left_of_a_frozen_host(premises: Premises) -> None:
    """Neither by its own undoing nor by what the watchdog and `drill clean` do."""
    for cleaned in (False, True):
        run_id = new_run_id()
        work, docker = work_folder(run_id), premises.kind == "docker"
        with premises.hosts(run_id) as (home, _), home.open():
            _start_tree(home)
            home.freeze()
            if cleaned:
                assert leftovers.remove(leftovers.of_run(run_id, work, docker)) == []
                assert leftovers.of_run(run_id, work, docker) == []
        assert leftovers.of_run(run_id, work, docker) == []


def test_an_erased_disk_stays_gone(home: Host) -> None:
    home.write(home.disk / "secret", "of the state")
    _start_tree(home)
    home.power_off()
    assert not home.disk_is_gone()
    home.erase_disk()
    assert home.disk_is_gone()
    assert home.read(home.disk / "secret") == ""
    home.power_on()
    assert home.running() == []
    assert home.read(home.disk / "secret") == ""


def test_both_hosts_are_up_and_nothing_of_them_is_left(premises: Premises) -> None:
    run_id = new_run_id()
    with premises.hosts(run_id) as (home, embassy):
        assert (home.name, embassy.name) == ("home", "embassy")
        with home.open(), embassy.open():
            assert home.gateway
            assert embassy.gateway
            for host in (home, embassy):
                host.write(host.disk / "name", host.name)
                _start_tree(host)
            home.power_off()
            assert len(embassy.running()) == 5
            assert embassy.read(embassy.disk / "name") == "embassy"
    assert leftovers.of_run(run_id, work_folder(run_id), docker=premises.kind == "docker") == []


def _fail_inside(premises: Premises, run_id: str) -> None:
    with premises.hosts(run_id) as (home, _), home.open():
        _start_tree(home)
        raise ZeroDivisionError


def test_an_error_inside_is_not_hidden_and_nothing_is_left(premises: Premises) -> None:
    run_id = new_run_id()
    with pytest.raises(ZeroDivisionError):
        _fail_inside(premises, run_id)
    assert leftovers.of_run(run_id, work_folder(run_id), docker=premises.kind == "docker") == []


def test_postgresql_is_reached_at_the_address_and_survives_a_loss_of_power(premises: Premises, home: Host) -> None:
    data, first = home.disk / "data", home.disk / "first"
    home.write(first, "secret of a test")
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--encoding=UTF8"]
    access = ["--username=drill", "--auth=scram-sha-256", f"--pwfile={first}"]
    home.run([str(home.programs / "initdb"), "-D", str(data), *locale, *access], deadline=120)
    home.write(data / "pg_hba.conf", "local all all scram-sha-256\nhost all all all scram-sha-256\n")
    _start_postgres(home)
    assert _answer(home, "select version()").startswith(f"PostgreSQL {premises.postgres}")
    home.power_off()
    home.power_on()
    _start_postgres(home)
    assert _answer(home, "select 'again'") == "again"
    assert "database system was not properly shut down" in home.read(home.disk / "server.log")


def _start_postgres(host: Host) -> None:
    settings = {**host.listens, "dynamic_shared_memory_type": "mmap"}
    chosen = [word for name, setting in settings.items() for word in ("-c", f"{name}={setting}")]
    host.start([str(host.programs / "postgres"), "-D", str(host.disk / "data"), *chosen], log=host.disk / "server.log")
    wait_until(
        "PostgreSQL answers",
        lambda: _answers(host),
        deadline=60,
        hint=lambda: host.read(host.disk / "server.log")[-500:],
    )


def _answers(host: Host) -> bool:
    try:
        return _answer(host, "select 'yes'") == "yes"
    except psycopg.OperationalError as not_yet:
        raise StepFailed(str(not_yet), hint="wait") from not_yet


def _answer(host: Host, query: str) -> str:
    at = host.address()
    with psycopg.connect(
        host=at.host, port=at.port, user="drill", dbname="postgres", password="secret of a test", connect_timeout=2
    ) as connection:
        row = connection.execute(query.encode()).fetchone()
    return str(row[0]) if row else ""
