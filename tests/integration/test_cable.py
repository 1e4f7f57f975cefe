"""A cut cable is silent, for old and new connections, both ways; what is severed is never delivered."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from drill.errors import CannotRun
from drill.hosts import Address
from drill.hosts.cable import Cable
from drill.hosts.mark import new_run_id

PATIENCE = 0.3  # seconds of silence that count as silence


@contextmanager
def serving(answer: Callable[[socket.socket], None]) -> Iterator[Address]:
    """A server that answers every caller in a thread of its own, until one of the two goes away."""

    def attend(caller: socket.socket) -> None:
        with suppress(OSError), caller:
            answer(caller)

    def accept(listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=attend, args=(listener.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, args=(listener,), daemon=True).start()
        yield Address("127.0.0.1", listener.getsockname()[1])
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


@contextmanager
def echo() -> Iterator[tuple[Address, list[bytes]]]:
    """A server that answers everything with the same, and remembers what reached it."""
    heard: list[bytes] = []

    def answer(caller: socket.socket) -> None:
        while said := caller.recv(65536):
            heard.append(said)
            caller.sendall(said)

    with serving(answer) as at:
        yield at, heard


@pytest.fixture
def cable() -> Iterator[Cable]:
    with Cable.laid(new_run_id()) as cable:
        yield cable


def call(at: Address) -> socket.socket:
    caller = socket.create_connection((at.host, at.port), timeout=5)
    caller.settimeout(5)
    return caller


def said_back(caller: socket.socket, said: bytes) -> bytes:
    caller.sendall(said)
    return caller.recv(65536)


def is_silent(caller: socket.socket) -> bool:
    caller.settimeout(PATIENCE)
    try:
        return caller.recv(1) == b"never"
    except TimeoutError:
        return True
    finally:
        caller.settimeout(5)


def test_it_carries_both_ways(cable: Cable) -> None:
    with echo() as (server, _), call(cable.join("citizens-home", listen="127.0.0.1", to=server)) as caller:
        assert said_back(caller, b"tere") == b"tere"
        assert cable.count("citizens-home") == {"calls": 1, "carried": 8, "lit": True}


def test_cut_is_silence_for_old_and_new_and_what_hangs_is_delivered_after_the_mending(cable: Cable) -> None:
    with echo() as (server, heard):
        at = cable.join("citizens-home", listen="127.0.0.1", to=server)
        with call(at) as old:
            assert said_back(old, b"before") == b"before"
            cable.cut("home", "test")
            with call(at) as new:
                old.sendall(b"old")
                new.sendall(b"new")
                assert is_silent(old)
                assert is_silent(new)
                assert heard == [b"before"]
                cable.mend("home", "test")
                assert old.recv(10) == b"old"
                assert new.recv(10) == b"new"


def test_an_answer_that_was_on_its_way_does_not_arrive_while_cut(cable: Cable) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        at = cable.join("citizens-home", listen="127.0.0.1", to=Address(*listener.getsockname()))
        with call(at) as caller:
            caller.sendall(b"commit")
            far, _ = listener.accept()
            with far:
                assert far.recv(10) == b"commit"
                cable.cut("home", "test")
                far.sendall(b"acknowledged")
                assert is_silent(caller)
                cable.mend("home", "test")
                assert caller.recv(20) == b"acknowledged"


def test_a_caller_who_gave_up_in_the_dark_never_reaches_the_site(cable: Cable) -> None:
    with echo() as (server, heard):
        at = cable.join("citizens-home", listen="127.0.0.1", to=server)
        cable.cut("home", "test")
        with call(at) as gone:
            gone.sendall(b"insert")
        with call(at) as waiting:
            waiting.sendall(b"select")
            cable.mend("home", "test")
            assert waiting.recv(10) == b"select"
        assert b"insert" not in heard


def test_two_reasons_for_silence_are_both_to_be_taken_away(cable: Cable) -> None:
    with echo() as (server, _), call(cable.join("citizens-home", listen="127.0.0.1", to=server)) as caller:
        assert said_back(caller, b"a") == b"a"
        cable.cut("home", "power")
        cable.cut("home", "digger")
        cable.mend("home", "power")
        caller.sendall(b"b")
        assert is_silent(caller)
        cable.mend("home", "digger")
        assert caller.recv(1) == b"b"


def test_severed_ends_the_sites_end_of_old_connections_and_leaves_callers_in_silence(cable: Cable) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        at = cable.join("citizens-home", listen="127.0.0.1", to=Address(*listener.getsockname()))
        with call(at) as old:
            old.sendall(b"begin")
            far, _ = listener.accept()
            with far:
                far.settimeout(5)
                assert far.recv(10) == b"begin"
                cable.sever("home")
                assert far.recv(10) == b""
                old.sendall(b"commit")
                assert is_silent(old)
                cable.mend("home", "fence")
                with call(at) as new:
                    new.sendall(b"insert")
                    assert is_silent(new)
                listener.settimeout(PATIENCE)
                with pytest.raises(TimeoutError):
                    listener.accept()


def test_only_the_lines_to_the_named_site_are_cut(cable: Cable) -> None:
    with echo() as (server, _):
        home = cable.join("citizens-home", listen="127.0.0.1", to=server)
        embassy = cable.join("citizens-embassy", listen="127.0.0.1", to=server)
        cable.cut("home", "test")
        with call(home) as silent, call(embassy) as answered:
            silent.sendall(b"x")
            assert said_back(answered, b"y") == b"y"
            assert is_silent(silent)


def test_a_site_that_is_found_elsewhere_after_a_restart_is_reached_there(cable: Cable) -> None:
    with echo() as (before, _), echo() as (after, heard):
        at = cable.join("citizens-home", listen="127.0.0.1", to=before)
        cable.point("home", after)
        with call(at) as caller:
            assert said_back(caller, b"again") == b"again"
        assert heard == [b"again"]


def test_a_relay_that_was_killed_is_told_as_what_it_is(cable: Cable) -> None:
    cable.process.kill()
    cable.process.wait(10)
    with pytest.raises(CannotRun, match="relay process has ended"):
        cable.join("citizens-home", listen="127.0.0.1", to=Address("127.0.0.1", 1))


def test_an_address_that_cannot_be_listened_on_is_an_error(cable: Cable) -> None:
    with pytest.raises(CannotRun, match="cannot join"):
        cable.join("citizens-home", listen="192.0.2.1", to=Address("127.0.0.1", 1))
