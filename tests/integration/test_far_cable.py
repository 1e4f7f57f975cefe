"""A cable between sites that are apart: what is measured of it can only be more than was asked, on any machine."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from drill.hosts import Address
from drill.hosts.cable import Cable
from drill.hosts.mark import new_run_id
from drill.link import Link
from tests.integration.test_cable import PATIENCE, call, echo, is_silent, said_back, serving

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
        while said := caller.recv(1 << 20):
            if said.endswith(b"!"):
                caller.sendall(b"heard")

    with serving(answer) as at:
        yield at


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
