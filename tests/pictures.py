"""The pictures in docs/, of the live view and of the report, drawn from the evidence of a real run.

Run as `python -m tests.pictures FOLDER`, FOLDER being a run of scenarios/power-loss.yaml.
"""

import io
import re
import sys
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from drill.dossier import Dossier
from drill.evidence import Evidence
from drill.folder import Folder
from drill.judge import judged
from drill.ledger import Entry
from drill.reports.html import html
from drill.reports.picture import picture
from drill.reports.scene import Scene
from drill.timeline import Event
from tests.fix_chromium import opened

DOCS = Path(__file__).parents[1] / "docs"
_FONTS = "'DejaVu Sans Mono', 'Fira Code', Menlo, Consolas, monospace"


def at(thing: Event | Entry) -> float:
    """When it was told."""
    return thing.elapsed if isinstance(thing, Event) else thing.ended


def in_order(evidence: Evidence) -> list[Event | Entry]:
    """Everything that an onlooker is told while a drill is played."""
    told: list[Event | Entry] = [*evidence.events, *evidence.ledger]
    return sorted(told, key=at)


def scene_of(evidence: Evidence, until: float) -> Scene:
    """What is known at that instant of the drill's clock; with the outcome once it has ended."""
    scene = Scene()
    for thing in takewhile(lambda thing: at(thing) <= until, in_order(evidence)):
        if isinstance(thing, Event):
            scene.event(thing)
        else:
            scene.entry(thing)
    if until >= evidence.events[-1].elapsed:
        scene.outcome(judged(evidence))
    return scene


def svg(scene: Scene, now: float, columns: int, rows: int) -> str:
    """Without any address on a network, and with blanks that every viewer keeps."""
    console = Console(file=io.StringIO(), width=columns, record=True, force_terminal=True, highlight=False)
    for line in [*picture(scene, now, columns - 1, rows - 1), ""]:
        console.print(line, no_wrap=True, soft_wrap=True)
    drawn = console.export_svg(title="drill run scenarios/power-loss.yaml", unique_id="live")
    drawn = re.sub(r"@font-face \{.*?\}\n|<!--.*?-->", "", drawn, flags=re.S)
    drawn = drawn.replace('<svg class="rich-terminal"', '<svg class="rich-terminal" xml:space="preserve"')
    drawn = drawn.replace("Fira Code, monospace", _FONTS).replace("font-size: 20px", "font-size: 20.26px")
    return "".join(f"{line.rstrip()}\n" for line in drawn.splitlines() if line.strip())


def report(folder: Path) -> None:
    """The first page of the report, as Chromium shows it."""
    run = judged(Folder(folder).read())
    with TemporaryDirectory() as place, opened() as page:
        file = Path(place) / "report.html"
        file.write_text(html([Dossier.of(run, folder, datetime.now(UTC).date())]), encoding="utf-8")
        page.load(file, 1000)
        edge = page.value("document.querySelector('nav').getBoundingClientRect().top")
        page.load(file, 1000, height=round(edge))
        page.picture(DOCS / "report.png", whole=False)


def main(folder: Path) -> None:
    """One while the recovery runs, one when all is known."""
    evidence = Folder(folder).read()
    accepted = max(event.elapsed for event in evidence.all("accepted"))
    began = next(event.elapsed for event in evidence.all("redirected"))
    middle, end = (began + accepted) / 2, evidence.events[-1].elapsed
    (DOCS / "live-80.svg").write_text(svg(scene_of(evidence, middle), middle, 80, 24), encoding="utf-8")
    (DOCS / "live-120.svg").write_text(svg(scene_of(evidence, end), end, 120, 30), encoding="utf-8")
    report(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
