"""A cut cable is silent, for old and new connections, both ways; what is severed is never delivered."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import pytest

from drill.errors import CannotRun
from drill.hosts import Address
from drill.hosts.cable import Cable
from drill.hosts.mark import new_run_id
from drill.link import Link

PATIENCE = 0.3  # seconds of silence that count as silence


@contextmanager
def echo() -> Iterator[tuple[Address, list[bytes]]]:
    """A server that answers everything with the same, and remembers what reached it."""
    heard: list[bytes] = []

    def answer(caller: socket.socket) -> None:
        with suppress(OSError), caller:
            while said := caller.recv(65536):
                heard.append(said)
                caller.sendall(said)

    def accept(listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, args=(listener,), daemon=True).start()
        yield Address("127.0.0.1", listener.getsockname()[1]), heard
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


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


# -- a cable between sites that are apart: what is measured of it can only be more than was asked, on any machine ------

FAR = Link.model_validate({"rtt": "80ms", "bandwidth": "40Mbit/s"})


@pytest.fixture
def far() -> Iterator[Cable]:
    with Cable.laid(new_run_id(), FAR) as cable:
        yield cable


@pytest.fixture
def farther() -> Iterator[Cable]:
    """So far that what was sent is still on its way when the cable is cut, also on a machine that is busy."""
    with Cable.laid(new_run_id(), Link.model_validate({"rtt": "800ms"})) as cable:
        yield cable


@contextmanager
def sink() -> Iterator[Address]:
    """A server that says `heard` for each message that ends with an exclamation mark, however long it is."""

    def answer(caller: socket.socket) -> None:
        with suppress(OSError), caller:
            while said := caller.recv(1 << 20):
                if said.endswith(b"!"):
                    caller.sendall(b"heard")

    def accept(listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, args=(listener,), daemon=True).start()
        yield Address("127.0.0.1", listener.getsockname()[1])
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


def taken(caller: socket.socket, said: bytes) -> float:
    """Seconds until all of it was heard and answered."""
    caller.settimeout(60)
    began = time.monotonic()
    caller.sendall(said)
    assert caller.recv(5) == b"heard"
    return time.monotonic() - began


@pytest.mark.parametrize("line", ["embassy-home", "citizens-embassy"])
def test_what_crosses_takes_its_time_there_and_back(far: Cable, line: str) -> None:
    with sink() as server, call(far.join(line, listen="127.0.0.1", to=server)) as caller:
        assert taken(caller, b"!") >= 2 * 0.08  # the call, and the question
        assert min(taken(caller, b"!") for _ in range(3)) >= 0.08


def test_all_that_crosses_shares_the_bandwidth_both_ways(far: Cable) -> None:
    megabyte = bytes(1_000_000 - 1) + b"!"
    with sink() as server, echo() as (mirror, _), ThreadPoolExecutor(3) as pool:
        to_home = far.join("embassy-home", listen="127.0.0.1", to=server)
        to_embassy = far.join("citizens-embassy", listen="127.0.0.1", to=mirror)
        with call(to_home) as one, call(to_home) as other, call(to_embassy) as third:
            began = time.monotonic()
            for each in (pool.submit(taken, one, megabyte), pool.submit(taken, other, megabyte)):
                each.result()
            assert time.monotonic() - began >= 2 * 8 / 40 + 0.08
            third.settimeout(60)
            began, heard = time.monotonic(), 0
            sent = pool.submit(third.sendall, megabyte)
            while heard < len(megabyte):
                heard += len(third.recv(1 << 20))
            sent.result()
            assert time.monotonic() - began >= 8 / 40 + 0.08


def test_nothing_is_lost_or_mixed_up_on_the_way(far: Cable) -> None:
    said = bytes(range(256)) * 4000
    with echo() as (server, _), call(far.join("embassy-home", listen="127.0.0.1", to=server)) as caller:
        caller.settimeout(60)

        def say() -> None:
            caller.sendall(said)
            caller.shutdown(socket.SHUT_WR)

        sender = threading.Thread(target=say)
        sender.start()
        heard = b""
        while part := caller.recv(1 << 20):
            heard += part
        sender.join()
        assert heard == said  # and the end came after it


def test_what_citizens_do_at_home_does_not_cross(far: Cable) -> None:
    with sink() as server, call(far.join("citizens-home", listen="127.0.0.1", to=server)) as caller:
        near = min(taken(caller, b"!") for _ in range(20))
    with sink() as server, call(far.join("embassy-home", listen="127.0.0.1", to=server)) as caller:
        assert near < min(taken(caller, b"!") for _ in range(3))


def test_a_far_cable_that_is_cut_keeps_what_is_on_its_way_until_it_is_mended(farther: Cable) -> None:
    with echo() as (server, heard), call(farther.join("embassy-home", listen="127.0.0.1", to=server)) as caller:
        assert said_back(caller, b"before") == b"before"
        caller.sendall(b"on its way")
        farther.cut("home", "test")
        assert is_silent(caller)
        assert heard == [b"before"]
        farther.mend("home", "test")
        assert caller.recv(20) == b"on its way"


def test_a_far_cable_that_is_severed_delivers_nothing_of_what_is_on_its_way(farther: Cable) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        at = farther.join("embassy-home", listen="127.0.0.1", to=Address(*listener.getsockname()))
        with call(at) as caller:
            caller.sendall(b"begin")
            server, _ = listener.accept()
            with server:
                server.settimeout(5)
                assert server.recv(10) == b"begin"
                server.sendall(b"answer")
                farther.sever("home")
                assert server.recv(10) == b""
                caller.sendall(b"commit")
                assert is_silent(caller)


def test_a_receiver_that_stands_still_makes_its_sender_wait_and_nobody_else(far: Cable) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf, sink() as server:
        stalled = far.join("embassy-home", listen="127.0.0.1", to=Address(*deaf.getsockname()))
        other = far.join("citizens-embassy", listen="127.0.0.1", to=server)
        with call(stalled) as sender, call(other) as caller:
            sender.settimeout(PATIENCE)
            with pytest.raises(TimeoutError):
                sender.sendall(bytes(200_000_000))
            assert taken(caller, b"!") >= 0.08


def test_a_relay_that_was_killed_is_told_as_what_it_is(cable: Cable) -> None:
    cable.process.kill()
    cable.process.wait(10)
    with pytest.raises(CannotRun, match="relay process has ended"):
        cable.join("citizens-home", listen="127.0.0.1", to=Address("127.0.0.1", 1))


def test_an_address_that_cannot_be_listened_on_is_an_error(cable: Cable) -> None:
    with pytest.raises(CannotRun, match="cannot join"):
        cable.join("citizens-home", listen="192.0.2.1", to=Address("127.0.0.1", 1))
