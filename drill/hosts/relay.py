"""The cable itself: a process that relays TCP, told what to do by lines of JSON on its standard input.

Run as `python -m drill.hosts.relay RUN-ID`. It ends when its standard input does, so it never outlives its drill.
A dark line goes silent and refuses nothing: what was on its way stays in the cable, and new callers get no answer.
"""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from drill.hosts import Address
from drill.hosts.limits import go_first, open_many
from drill.hosts.wire import Flow, Wire

_CHUNK = 256 * 1024
_CONNECT_TIMEOUT = 5.0  # seconds
_CLOSE_WAIT = 8  # the kernel's number of that state
_DRAIN = 2.0  # seconds that chunks already being sent may take to arrive
_GLANCE = 1.0  # seconds between two looks at whether a dark line was severed
_BREATH = 0.05  # seconds until the next caller is heard when this machine has no descriptor for one


@dataclass
class Pipe:
    """One direction of one connection. `sending` is held while a chunk is handed over: a cut can wait for that."""

    source: socket.socket
    sink: socket.socket
    sending: threading.Lock = field(default_factory=threading.Lock)


class Call:
    """One caller's connection to the far end."""

    def __init__(self, line: Line, near: socket.socket) -> None:
        self.line = line
        self.near = near
        self.far: socket.socket | None = None
        self.pipes: tuple[Pipe, ...] = ()

    def carry(self) -> None:
        """Connect to the far end and relay both ways until one side ends."""
        if self.line.wires is not None:
            time.sleep(
                2 * self.line.wires[0].travel
            )  # its call was heard here at once, and has yet to go there and back
        try:
            self.far = self.line.target.reach(_CONNECT_TIMEOUT)
        except OSError:
            self.line.lit.wait()  # a refusal, too, travels over the line
            self.hang_up()
            return
        self.pipes = (Pipe(self.near, self.far), Pipe(self.far, self.near))
        relay: Callable[[int], None] = self._relay
        if self.line.wires is not None:
            self.near.setblocking(False)
            self.far.setblocking(False)
            relay = self._let_travel
        back = threading.Thread(target=relay, args=(1,), daemon=True)
        back.start()
        relay(0)
        back.join()
        self.hang_up()

    def _let_travel(self, way: int) -> None:
        pipe, line = self.pipes[way], self.line
        assert line.wires is not None  # noqa: S101  else it would not travel

        def send(chunk: memoryview) -> int | None:
            with pipe.sending:
                if line.severed or not line.lit.is_set():
                    return None
                taken = pipe.sink.send(chunk)
            with line.counting:
                line.carried += taken
            return taken

        with contextlib.suppress(OSError):
            Flow(pipe.source, pipe.sink, line.wires[way], line.lit, lambda: line.severed, send).carry()
        self.line.lit.wait()
        with contextlib.suppress(OSError):
            pipe.sink.shutdown(socket.SHUT_WR)

    def _relay(self, way: int) -> None:
        pipe = self.pipes[way]
        chunk = bytearray(_CHUNK)
        window = memoryview(chunk)
        with contextlib.suppress(OSError):
            while (size := pipe.source.recv_into(chunk)) and self._hand_over(pipe, window[:size]):
                pass
        self.line.lit.wait()
        with contextlib.suppress(OSError):
            pipe.sink.shutdown(socket.SHUT_WR)

    def _hand_over(self, pipe: Pipe, chunk: memoryview) -> bool:
        """False when the line was severed meanwhile: what was on its way is never delivered."""
        while True:
            lit = self.line.lit.wait(_GLANCE)
            if self.line.severed:
                return False
            if not lit:
                continue
            with pipe.sending:
                if self.line.severed:
                    return False
                if self.line.lit.is_set():
                    with self.line.counting:
                        self.line.carried += len(chunk)
                    pipe.sink.sendall(chunk)
                    return True

    def end_far(self) -> None:
        """End the far side only: the caller is left in silence."""
        if self.far is not None:
            with contextlib.suppress(OSError):
                self.far.shutdown(socket.SHUT_RDWR)

    def hang_up(self) -> None:
        """End both sides."""
        for end in (self.near, self.far):
            if end is not None:
                end.close()
        self.line.calls.discard(self)


class Line:
    """Everything that goes from one listening address to one target; there and back over `wires` if it crosses."""

    def __init__(self, listen: str, target: Address, wires: tuple[Wire, Wire] | None = None) -> None:
        self.target = target
        self.wires = wires
        self.listener = socket.create_server((listen, 0), backlog=512)
        self.port: int = self.listener.getsockname()[1]
        self.lit = threading.Event()
        self.lit.set()
        self.severed = False
        self.dark_for: set[str] = set()
        self.calls: set[Call] = set()
        self.carried = 0  # bytes, both ways
        self.counting = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:  # no descriptor is left for this caller; the next may find one
                time.sleep(_BREATH)
                continue
            self.lit.wait()
            if has_given_up(near):
                near.close()
                continue
            near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            call = Call(self, near)
            self.calls.add(call)
            try:
                threading.Thread(target=call.carry, daemon=True).start()
            except RuntimeError:  # no thread is left for this caller; the next may find one
                call.hang_up()

    def darken(self, why: str, *, sever: bool) -> None:
        """Silence from now on. Returns when no chunk is on its way any more."""
        self.dark_for.add(why)
        self.lit.clear()
        self.severed = self.severed or sever
        ends = time.monotonic() + _DRAIN
        for call in tuple(self.calls):
            if sever:
                call.end_far()
            for pipe in call.pipes:
                if pipe.sending.acquire(timeout=max(0.0, ends - time.monotonic())):
                    pipe.sending.release()

    def light(self, why: str) -> None:
        """Take one reason for silence away; without any reason left the line carries again."""
        self.dark_for.discard(why)
        if self.dark_for or self.severed:
            return
        self.lit.set()


def has_given_up(caller: socket.socket) -> bool:
    """Whether a caller who waited in the dark has already closed its end; told by Linux only."""
    if sys.platform != "linux":
        return False
    return caller.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == _CLOSE_WAIT


class Relay:
    """The lines by name, and what may be asked of them."""

    def __init__(self) -> None:
        self.lines: dict[str, Line] = {}
        self.wires: dict[str, Wire] = {}  # by the site to which they lead; none where the sites are not apart

    def shape(self, rtt: float, rate: float | None) -> dict[str, int]:
        self.wires = {site: Wire(rtt / 2, rate) for site in ("home", "embassy")}
        return {}

    def join(self, line: str, listen: str, host: str, port: int) -> dict[str, int]:
        self.lines[line] = Line(listen, Address(host, port), self._wires(line))
        return {"port": self.lines[line].port}

    def _wires(self, line: str) -> tuple[Wire, Wire] | None:
        """There and back. Citizens live where home is: what they do at home stays there."""
        if not self.wires or line == "citizens-home":
            return None
        there, back = ("embassy", "home") if line.endswith("-embassy") else ("home", "embassy")
        return self.wires[there], self.wires[back]

    def point(self, line: str, host: str, port: int) -> dict[str, int]:
        self.lines[line].target = Address(host, port)
        return {}

    def darken(self, line: str, why: str, sever: bool) -> dict[str, int]:
        self.lines[line].darken(why, sever=sever)
        return {}

    def light(self, line: str, why: str) -> dict[str, int]:
        self.lines[line].light(why)
        return {}

    def count(self, line: str) -> dict[str, int]:
        asked = self.lines[line]
        return {"calls": len(asked.calls), "carried": asked.carried, "lit": asked.lit.is_set()}


def main() -> None:
    """Answer each line of JSON {"do": name, ...} with a line of JSON, until there are no more."""
    go_first()
    open_many()
    relay = Relay()
    verbs: dict[str, Callable[..., dict[str, int]]] = {
        "shape": relay.shape,
        "join": relay.join,
        "point": relay.point,
        "darken": relay.darken,
        "light": relay.light,
        "count": relay.count,
    }
    for request in sys.stdin:
        try:
            asked = json.loads(request)
            answer: dict[str, Any] = verbs[asked.pop("do")](**asked)
        except (OSError, KeyError, TypeError, ValueError) as wrong:
            answer = {"error": f"{type(wrong).__name__}: {wrong}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
