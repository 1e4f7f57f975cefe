"""A real Chromium without a window, told over a pipe what to load, and asked what it saw."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import pytest

_WAIT = 60.0  # seconds for one answer
_TURN = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage"]

# The pipe is its descriptors 3 and 4, whatever ours are.
_ENTER = """
import fcntl, os, sys
high = [fcntl.fcntl(int(each), fcntl.F_DUPFD, 50) for each in sys.argv[1:3]]
for each, wanted in zip(high, (3, 4)):
    os.dup2(each, wanted)
os.execv(sys.argv[3], sys.argv[3:])
"""


def found() -> str:
    """The program; the test is skipped where there is none, and fails where one is required."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        if os.environ.get("DRILL_REQUIRE_CHROMIUM") == "1":
            pytest.fail("no Chromium is installed")
        pytest.skip("no Chromium is installed")
    return program


@dataclass
class Page:
    """One page, and everything that the browser told of it."""

    told: int
    heard: int
    session: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)
    _number: int = 0
    _rest: bytes = b""

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """The answer to one command of the DevTools protocol."""
        self._number += 1
        command = {"id": self._number, "method": method, "params": params}
        if self.session:
            command["sessionId"] = self.session
        os.write(self.told, json.dumps(command).encode() + b"\0")
        while True:
            message = self._next()
            if message.get("id") == self._number:
                assert "error" not in message, message
                answer: dict[str, Any] = message["result"]
                return answer
            self.events.append(message)

    def _next(self) -> dict[str, Any]:
        until = time.monotonic() + _WAIT
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self.heard], [], [], max(0.0, until - time.monotonic()))
            assert ready, "Chromium did not answer"
            more = os.read(self.heard, 1 << 20)
            assert more, "Chromium went away"
            self._rest += more
        line, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        return message

    def load(self, file: Path, width: int, scheme: Literal["light", "dark"] = "light", height: int = 900) -> None:
        """Show a file as on a screen so wide, and wait until it has loaded."""
        self.ask(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500
        )
        self.ask("Emulation.setScrollbarsHidden", hidden=True)
        self.ask("Emulation.setEmulatedMedia", media="", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.events.clear()
        self.ask("Page.navigate", url=file.as_uri())
        while not self.all("Page.loadEventFired"):
            self.events.append(self._next())

    def all(self, method: str) -> list[dict[str, Any]]:
        """What was told under that name since the page was asked for."""
        return [event["params"] for event in self.events if event.get("method") == method]

    def value(self, expression: str) -> Any:
        """What an expression gives in the page."""
        return self.ask("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def picture(self, file: Path, *, whole: bool = True) -> None:
        """The page as PNG; `whole` for all of it, else what fits on the screen."""
        shot = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=whole, **self._clip(whole))
        file.write_bytes(base64.b64decode(shot["data"]))

    def _clip(self, whole: bool) -> dict[str, Any]:
        if not whole:
            return {}
        size = self.ask("Page.getLayoutMetrics")["cssContentSize"]
        return {"clip": {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}}

    def paper(self, file: Path) -> None:
        """The page as it is printed on A4."""
        printed = self.ask("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
        file.write_bytes(base64.b64decode(printed["data"]))


@contextmanager
def opened() -> Iterator[Page]:
    """A page of a browser of its own, with an empty profile."""
    program = found()
    into, told = os.pipe()
    heard, out = os.pipe()
    with TemporaryDirectory(prefix="c") as profile:
        argv = [sys.executable, "-c", _ENTER, str(into), str(out), program, *_TURN, "--remote-debugging-pipe"]
        argv += [f"--user-data-dir={profile}", "about:blank"]
        quiet = subprocess.DEVNULL
        browser = subprocess.Popen(argv, pass_fds=(into, out), stdin=quiet, stdout=quiet, stderr=quiet)
        os.close(into)
        os.close(out)
        try:
            page = Page(told, heard)
            target = page.ask("Target.createTarget", url="about:blank")["targetId"]
            page.session = page.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            for domain in ("Page", "Network", "Runtime", "Log"):
                page.ask(f"{domain}.enable")
            yield page
        finally:
            os.close(told)
            os.close(heard)
            browser.terminate()
            browser.wait(timeout=_WAIT)
