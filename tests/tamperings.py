"""What somebody may do to the folder of a signed run, which lies in its runs folder, and what must be found."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from drill.chain import START, Tip, digest, linked, whole_lines
from drill.head import HEAD, REPORTS, SIGNATURE
from drill.heads import HEADS
from drill.signature import PRIVATE, Signer, new_key
from drill.verdict import Verdict

MISSED, UNKNOWN = Verdict.MISSED, Verdict.UNKNOWN
EVENTS, LEDGER = "events.jsonl", "ledger.jsonl"
REPORT = "report.html"  # was covered after the run was closed


@dataclass(frozen=True)
class Tampering:
    """`finds` is where it must be found, as `file` or `file:line`; `verdict` that over the whole folder."""

    does: Callable[[Path], object]
    finds: str
    says: str
    verdict: Verdict = MISSED


def lines_of(path: Path) -> list[bytes]:
    return whole_lines(path.read_bytes())[0]


def put(path: Path, lines: Sequence[bytes]) -> None:
    path.write_bytes(b"".join(line + b"\n" for line in lines))


def on(name: str, change: Callable[[list[bytes]], Sequence[bytes]]) -> Callable[[Path], None]:
    """A change of the lines of one file."""
    return lambda folder: put(folder / name, change(lines_of(folder / name)))


def edited(at: int) -> Callable[[list[bytes]], list[bytes]]:
    def change(lines: list[bytes]) -> list[bytes]:
        at_ = at % len(lines)
        line = lines[at_].replace(b"0", b"1", 1)
        assert line != lines[at_]
        return [*lines[:at_], line, *lines[at_ + 1 :]]

    return change


def linked_anew(lines: list[bytes], at: int, before: str = START) -> list[bytes]:
    """Somebody who knows how a chain is made: one line changed, all after it linked to it again."""
    documents = [json.loads(line) for line in lines]
    documents[at]["forged"] = True
    tip, made = Tip(last=before), []
    for document in documents:
        line, tip = linked({key: document[key] for key in document if key not in ("n", "prev")}, tip)
        made.append(line)
    return made


def replaced(name: str, old: bytes, new: bytes) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        content = (folder / name).read_bytes()
        assert old in content
        (folder / name).write_bytes(content.replace(old, new, 1))

    return change


def forged_head(folder: Path, signer: Signer | None) -> None:
    """Events, result, and a head that fits them; signed by somebody else, or by nobody."""
    put(folder / EVENTS, linked_anew(lines_of(folder / EVENTS), 3))
    head = json.loads((folder / HEAD).read_bytes())
    head["files"][EVENTS] = digest((folder / EVENTS).read_bytes())
    head["chains"][EVENTS]["last"] = digest(lines_of(folder / EVENTS)[-1])
    if signer is not None:
        head["key"] = signer.public.fingerprint
    content = json.dumps(head, indent=1).encode()
    (folder / HEAD).write_bytes(content)
    if signer is not None:
        (folder / SIGNATURE).write_bytes(signer.sign(content))


def another_signer(folder: Path) -> Signer:
    place = folder.parent.parent / "somebody-else"
    new_key(place)
    return Signer.read(place / PRIVATE)


def earlier(folder: Path) -> Path:
    """The run before it in the same runs folder."""
    return sorted(path for path in folder.parent.glob("*/") if path.name < folder.name)[-1]


def on_history(change: Callable[[list[bytes]], Sequence[bytes]]) -> Callable[[Path], None]:
    return lambda folder: on(HEADS, change)(folder.parent)


def replaced_by_earlier(folder: Path) -> None:
    """The better run is shown in the place of this one."""
    good = earlier(folder)
    shutil.rmtree(folder)
    shutil.copytree(good, folder)


def renewed_history(folder: Path) -> None:
    """All that came before is told anew, in a chain that holds together."""
    put(folder.parent / HEADS, linked_anew(lines_of(folder.parent / HEADS), 1))


def history_cut_off(folder: Path) -> None:
    """It ends where the run is open: as if it had been killed in the moment in which its head was there already."""
    before = json.loads((folder / HEAD).read_bytes())["before"]["count"]
    on(HEADS, lambda own: own[:before])(folder.parent)


def link_in_place(folder: Path) -> None:
    (folder / "seals.json").rename(folder.parent / "seals.json")
    (folder / "seals.json").symlink_to(folder.parent / "seals.json")


TAMPERINGS = {
    "a line edited": Tampering(on(EVENTS, edited(4)), "events.jsonl:5", "it was changed"),
    "the first line edited": Tampering(on(EVENTS, edited(0)), "events.jsonl:1", "it was changed"),
    "the last line edited": Tampering(
        on(LEDGER, lambda lines: edited(-1)(lines)), LEDGER, "its hash is not the one of the head"
    ),
    "a line dropped": Tampering(on(EVENTS, lambda own: [*own[:5], *own[6:]]), "events.jsonl:6", "line 6 is missing"),
    "the first line dropped": Tampering(on(LEDGER, lambda own: own[1:]), "ledger.jsonl:1", "line 1 is missing"),
    "a line added": Tampering(
        on(LEDGER, lambda own: [*own[:3], b"{}", *own[3:]]), "ledger.jsonl:4", "changed or added"
    ),
    "a line said twice": Tampering(on(LEDGER, lambda own: [*own[:3], own[2], *own[3:]]), "ledger.jsonl:4", "line 3"),
    "a line added at the end": Tampering(
        on(EVENTS, lambda own: [*own, linked({}, Tip.of(own))[0]]), EVENTS, "1 lines were added after the end"
    ),
    "an empty line added at the end": Tampering(on(EVENTS, lambda own: [*own, b""]), EVENTS, "no line of this chain"),
    "lines reordered": Tampering(
        on(LEDGER, lambda own: [*own[:2], own[3], own[2], *own[4:]]), "ledger.jsonl:3", "reordered"
    ),
    "the tail cut off": Tampering(on(EVENTS, lambda own: own[:-2]), EVENTS, "the tail was cut off"),
    "the last line torn": Tampering(
        lambda folder: (folder / LEDGER).write_bytes((folder / LEDGER).read_bytes()[:-9]), LEDGER, "tail was cut off"
    ),
    "half a line added": Tampering(
        lambda folder: (folder / LEDGER).write_bytes((folder / LEDGER).read_bytes() + b"{"), LEDGER, "last whole line"
    ),
    "all lines written anew": Tampering(on(EVENTS, lambda own: linked_anew(own, 3)), EVENTS, "written anew"),
    "the chain taken away": Tampering(
        on(LEDGER, lambda own: [json.dumps({"schema_version": 1, "kind": "ledger"}).encode(), *own[1:]]),
        "ledger.jsonl:1",
        "no line of this chain",
    ),
    "the ledger of another run": Tampering(
        lambda folder: shutil.copy(earlier(folder) / LEDGER, folder / LEDGER), "ledger.jsonl:1", "does not follow"
    ),
    "the events taken away": Tampering(lambda folder: (folder / EVENTS).unlink(), EVENTS, "taken away"),
    "the result changed": Tampering(replaced("result.json", b'"met"', b'"MET"'), "result.json", "it was changed"),
    "the result taken away": Tampering(lambda folder: (folder / "result.json").unlink(), "result.json", "taken away"),
    "the scenario changed": Tampering(replaced("scenario.yaml", b"rto", b"rt0"), "scenario.yaml", "it was changed"),
    "a seal changed": Tampering(replaced("seals.json", b"1", b"2"), "seals.json", "it was changed"),
    "a file that is a link": Tampering(link_in_place, "seals.json", "it was changed"),
    "a file added": Tampering(
        lambda folder: (folder / "logs" / "new.log").write_text("x"), "logs/new.log", "nobody signed it", UNKNOWN
    ),
    "a report changed": Tampering(replaced(REPORT, b"met", b"MET"), REPORT, "it was changed after it was added"),
    "a report taken away": Tampering(lambda folder: (folder / REPORT).unlink(), REPORT, "it was taken away"),
    "a report and its line changed": Tampering(
        on(REPORTS, lambda own: [own[0], own[1].replace(b'"sha256": "', b'"sha256": "0', 1)]),
        "reports.jsonl:2",
        "its signature is not of this line",
    ),
    "the list of reports broken": Tampering(on(REPORTS, edited(0)), "reports.jsonl:1", "changed"),
    "the list of reports taken away": Tampering(
        lambda folder: (folder / REPORTS).unlink(), REPORT, "nobody signed it", UNKNOWN
    ),
    "the head changed": Tampering(replaced(HEAD, b'"by"', b'"By"'), HEAD, "it is no head"),
    "the head rewritten": Tampering(lambda folder: forged_head(folder, None), SIGNATURE, "do not belong together"),
    "the head taken away": Tampering(lambda folder: (folder / HEAD).unlink(), HEAD, "it was taken away"),
    "the signature taken away": Tampering(lambda folder: (folder / SIGNATURE).unlink(), SIGNATURE, "taken away"),
    "the signature changed": Tampering(
        lambda folder: (folder / SIGNATURE).write_bytes(bytes(64)), SIGNATURE, "do not belong together"
    ),
    "the signature cut short": Tampering(
        lambda folder: (folder / SIGNATURE).write_bytes(b""), SIGNATURE, "do not belong together"
    ),
    "the key swapped": Tampering(
        lambda folder: forged_head(folder, another_signer(folder)), HEAD, "the key was swapped"
    ),
    "another run in its place": Tampering(replaced_by_earlier, "events.jsonl:1", "the run was replaced"),
    "an earlier run replaced": Tampering(
        lambda folder: (earlier(folder) / HEAD).write_text("{}"), HEAD, "an earlier run was replaced"
    ),
    "a line of the history edited": Tampering(on_history(edited(1)), "heads.jsonl:2", "it was changed"),
    "a line of the history dropped": Tampering(
        on_history(lambda own: [*own[:2], *own[3:]]), "heads.jsonl:3", "line 3 is missing"
    ),
    "the history replaced": Tampering(renewed_history, HEADS, "the history was replaced"),
    "the history cut off before it": Tampering(on_history(lambda own: own[:2]), HEADS, "the history was replaced"),
    "the history cut off within it": Tampering(history_cut_off, HEADS, "tail was cut off", UNKNOWN),
    "the history taken away": Tampering(
        lambda folder: (folder.parent / HEADS).unlink(), HEADS, "it is missing beside", UNKNOWN
    ),
}
