"""The only way between the sites and from the citizens: a TCP relay in a process of its own (relay.py).

Cut, it goes silent and refuses nothing, as a cable does: old connections hang, new ones time out.
"""

from __future__ import annotations

import json
import select
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from drill.errors import CannotRun
from drill.hosts import Address
from drill.link import Link

_GOODBYE = 5  # seconds
_REPLY = 30  # seconds that the relay is given to answer
_SILENT = json.dumps({"error": f"the relay process did not answer within {_REPLY} s"})


@dataclass
class Cable:
    """The drill's end of the relay process. A line is named `from-to`, as `citizens-home`."""

    process: subprocess.Popen[str]
    lines: dict[str, Address] = field(default_factory=dict)  # where callers of each line connect
    _asking: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    @contextmanager
    def laid(cls, run_id: str, link: Link | None = None) -> Iterator[Cable]:
        """A cable without any line, between sites as far apart as the link says; undone, every connection ends."""
        process = subprocess.Popen(  # its own session: Ctrl-C must not end it before the sites
            [sys.executable, "-m", "drill.hosts.relay", run_id],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            cable = cls(process)
            if link is not None:
                rate = None if link.bandwidth is None else link.bandwidth / 8
                cable._ask("shape", rtt=link.rtt or 0.0, rate=rate)
            yield cable
        finally:
            process.kill()
            process.wait(_GOODBYE)
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):  # what a dead relay was never told
                    pipe.close()  # type: ignore[union-attr] # both are pipes

    def join(self, line: str, *, listen: str, to: Address) -> Address:
        """A new line from a free port of the address `listen` to a server; returns where to call."""
        port = self._ask("join", line=line, listen=listen, host=to.host, port=to.port)["port"]
        self.lines[line] = Address(listen, port)
        return self.lines[line]

    def point(self, site: str, to: Address) -> None:
        """Every line to that site leads to this address from now on; what is connected stays."""
        for line in self._to(site):
            self._ask("point", line=line, host=to.host, port=to.port)

    def cut(self, site: str, why: str) -> None:
        """Silence on every line to that site, both ways. Returns when nothing is on its way any more."""
        for line in self._to(site):
            self._ask("darken", line=line, why=why, sever=False)

    def mend(self, site: str, why: str) -> None:
        """Take one reason for the silence away. What hangs in the cable is then delivered, unless it was severed."""
        for line in self._to(site):
            self._ask("light", line=line, why=why)

    def sever(self, site: str) -> None:
        """Cut for good: the site's old connections end, and what is in the cable is never delivered."""
        for line in self._to(site):
            self._ask("darken", line=line, why="fence", sever=True)

    def count(self, line: str) -> dict[str, int]:
        """How many connections the line has, the bytes it has carried, and whether it carries now."""
        return self._ask("count", line=line)

    def silent(self, site: str) -> list[str]:
        """The lines to that site that carry nothing now."""
        return [line for line in self._to(site) if not self.count(line)["lit"]]

    def _to(self, site: str) -> list[str]:
        return [line for line in self.lines if line.endswith(f"-{site}")]

    def _ask(self, verb: str, **asked: Any) -> dict[str, Any]:
        with self._asking:
            answer = ""
            if self.process.stdin is not None and self.process.stdout is not None:
                try:
                    self.process.stdin.write(json.dumps({"do": verb, **asked}) + "\n")
                    self.process.stdin.flush()
                    readable, _, _ = select.select([self.process.stdout], [], [], _REPLY)
                    answer = self.process.stdout.readline() if readable else _SILENT
                except OSError as broken:
                    answer = json.dumps({"error": f"the relay process has ended ({broken})"})
        told: dict[str, Any] = json.loads(answer) if answer else {"error": "the relay process has ended"}
        if "error" in told:
            raise CannotRun(f"the cable cannot {verb} {asked}: {told['error']}", hint="was the relay process killed?")
        return told
