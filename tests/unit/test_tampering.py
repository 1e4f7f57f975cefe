"""Each kind of tampering is found where it was done, and what nobody touched raises no alarm."""

import shutil
from pathlib import Path

import pytest

from drill.chain import first_break
from drill.errors import CannotRun, ScenarioError
from drill.folder import Folder
from drill.head import HEAD, SIGNATURE, Head, cover, head_hash
from drill.heads import HEADS
from drill.signature import PRIVATE, PUBLIC, PublicKey, Signer, new_key
from drill.tampering import Suspect
from drill.tampering.trace import Trace
from drill.verdict import Verdict
from tests.tamperings import EVENTS, REPORT, TAMPERINGS, Tampering, lines_of
from tests.unit.stories import GOOD
from tests.unit.test_evidence import write

MET, MISSED, UNKNOWN = Verdict.MET, Verdict.MISSED, Verdict.UNKNOWN
IDS = ("20300101-000000-00000a", "20300101-000001-00000b", "20300101-000002-00000c")


def played(runs: Path, run_id: str, signer: Signer | None) -> Head:
    """As a drill leaves it."""
    head = Head.opened(runs, run_id, "name: x\nobjectives: {rto: 1s}\n", signer)
    write(GOOD, head.folder)
    (head.folder.logs / "home.log").write_text("it came up")
    head.folder.write_result({"verdict": "met"})
    head.close()
    return head


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with keys and three runs, of which the second has a report."""
    place = tmp_path_factory.mktemp("signed")
    new_key(place / "keys")
    signer = Signer.read(place / "keys" / PRIVATE)
    for run_id in IDS:
        played(place / "runs", run_id, signer)
    folder = place / "runs" / IDS[1]
    (folder / REPORT).write_text("all is met")
    assert cover(folder, folder / REPORT, signer)
    return place


@pytest.fixture
def place(signed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(signed, tmp_path / "copy"))


def key(place: Path) -> PublicKey:
    return PublicKey.read(place / "keys" / PUBLIC)


def looked(folder: Path, public: PublicKey | None, **known: object) -> tuple[Verdict, tuple[Trace, ...]]:
    traces = Suspect(folder, public, **known).traces()  # type: ignore[arg-type]
    return Verdict.of(trace.verdict for trace in traces if trace.verdict is not None), traces


@pytest.mark.parametrize("run_id", IDS)
def test_what_nobody_touched_is_met(place: Path, run_id: str) -> None:
    verdict, traces = looked(place / "runs" / run_id, key(place), demanded=True)
    assert {trace.verdict for trace in traces} == {MET}, traces
    assert verdict is MET


@pytest.mark.parametrize("tampering", TAMPERINGS.values(), ids=TAMPERINGS)
def test_tampering_is_found_where_it_was_done(place: Path, tampering: Tampering) -> None:
    folder = place / "runs" / IDS[1]
    tampering.does(folder)
    verdict, traces = looked(folder, key(place), demanded=True)
    assert verdict is tampering.verdict, traces
    found = [each for each in traces if each.verdict is tampering.verdict and tampering.says in each.says]
    assert any(tampering.finds in (f"{each.file}:{each.line}", Path(each.file).name, each.file) for each in found), (
        traces
    )


def test_looking_changes_nothing(place: Path) -> None:
    before = {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}
    looked(place / "runs" / IDS[1], key(place))
    assert {path: path.read_bytes() for path in place.rglob("*") if path.is_file()} == before


def test_a_copy_elsewhere_is_verified_alone(place: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(place / "runs" / IDS[1], tmp_path / "for the auditor"))
    verdict, traces = looked(copy, key(place))
    assert verdict is MET
    assert [trace.file for trace in traces if trace.verdict is None] == [HEADS]
    assert looked(copy, key(place), heads=place / "runs" / HEADS)[0] is MET
    with pytest.raises(ScenarioError, match="no such file"):
        looked(copy, key(place), heads=tmp_path / HEADS)


def test_a_removed_earlier_run_is_no_tampering(place: Path) -> None:
    shutil.rmtree(place / "runs" / IDS[0])
    assert looked(place / "runs" / IDS[1], key(place))[0] is MET


def test_a_hash_that_was_noted_finds_a_replaced_run(place: Path) -> None:
    folder = place / "runs" / IDS[1]
    head = head_hash(folder) or ""
    assert looked(folder, key(place), noted=[head, Suspect(folder, None).opening_hash])[0] is MET
    assert looked(folder, key(place), noted=[head, "0" * 64])[0] is MISSED


def test_a_key_that_is_not_known_is_unknown_and_a_wrong_one_that_is_demanded_is_missed(place: Path) -> None:
    folder, wrong = place / "runs" / IDS[1], new_key(place / "wrong")
    assert looked(folder, None)[0] is UNKNOWN
    assert looked(folder, wrong)[0] is UNKNOWN
    assert looked(folder, wrong, demanded=True)[0] is MISSED


def test_an_unsigned_run_is_unknown_and_tampering_with_it_is_found(tmp_path: Path) -> None:
    folder = played(tmp_path / "runs", IDS[0], None).folder.path
    verdict, traces = looked(folder, new_key(tmp_path / "keys"), demanded=True)
    assert verdict is UNKNOWN
    assert [trace.file for trace in traces if trace.verdict is UNKNOWN] == [SIGNATURE]
    TAMPERINGS["a line dropped"].does(folder)
    assert looked(folder, None)[0] is MISSED


def unclosed(runs: Path, signer: Signer | None = None) -> Folder:
    """As a killed drill leaves it."""
    folder = Head.opened(runs, IDS[0], "name: x\n", signer).folder
    write(GOOD, folder)
    return folder


def test_a_run_that_was_killed_is_unfinished(tmp_path: Path) -> None:
    folder = unclosed(tmp_path / "runs").path
    events = folder / EVENTS
    events.write_bytes(events.read_bytes()[:-4])
    verdict, traces = looked(folder, None)
    assert verdict is UNKNOWN
    assert any("torn" in trace.says for trace in traces)
    TAMPERINGS["lines reordered"].does(folder)
    assert looked(folder, None)[0] is MISSED


def test_the_next_run_goes_on_after_one_that_was_killed(tmp_path: Path) -> None:
    runs, public = tmp_path / "runs", new_key(tmp_path / "keys")
    unclosed(runs)
    folder = played(runs, IDS[1], Signer.read(tmp_path / "keys" / PRIVATE)).folder.path
    assert looked(folder, public)[0] is MET


def test_runs_side_by_side_are_both_met(tmp_path: Path) -> None:
    runs, public = tmp_path / "runs", new_key(tmp_path / "keys")
    signer = Signer.read(tmp_path / "keys" / PRIVATE)
    heads = [Head.opened(runs, run_id, "rto", signer) for run_id in IDS]
    for head in heads:
        write(GOOD, head.folder)
    for head in reversed(heads):
        head.close()
    assert [looked(head.folder.path, public)[0] for head in heads] == [MET] * 3


@pytest.mark.parametrize("of", ["events.jsonl", "ledger.jsonl"])
def test_old_evidence_is_judged_and_said_to_be_unchained(tmp_path: Path, of: str) -> None:
    folder = Folder.create(tmp_path / "runs", IDS[0], "name: x\n")
    write(GOOD, folder)
    for path in folder.path.glob("*.jsonl"):
        lines = [line[: line.rindex(b', "n": ')] + b"}" for line in lines_of(path)]
        lines[0] = lines[0].replace(b', "chain": "sha256"', b"")
        path.write_bytes(b"".join(line + b"\n" for line in lines))
    evidence = folder.read()
    assert evidence.events == GOOD.events
    assert any(note.startswith(f"{of} is not chained") for note in evidence.notes)
    verdict, traces = looked(folder.path, None)
    assert verdict is UNKNOWN
    assert Trace(of, 1, UNKNOWN, "it is not chained: of an older version, or its chain was taken away") in traces


def test_a_broken_chain_is_not_judged(place: Path) -> None:
    folder = place / "runs" / IDS[1]
    TAMPERINGS["a line dropped"].does(folder)
    with pytest.raises(CannotRun, match=r"events.jsonl:6: line 6 is missing"):
        Folder(folder).read()


def test_what_is_no_evidence_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="no evidence"):
        looked(tmp_path, None)


def test_what_cannot_be_read_has_no_verdict(place: Path) -> None:
    folder = place / "runs" / IDS[1]
    (folder / EVENTS).unlink()
    (folder / EVENTS).mkdir()
    with pytest.raises(CannotRun, match=EVENTS):
        looked(folder, key(place))


@pytest.mark.parametrize("head", ["", "[]", "{}", "[" * 100_000, '{"schema_version": 1}'])
def test_a_head_that_is_none_is_missed(place: Path, head: str) -> None:
    folder = place / "runs" / IDS[1]
    (folder / HEAD).write_text(head)
    assert looked(folder, key(place))[0] is MISSED


def test_a_report_by_another_person_is_unknown_and_one_by_nobody_too(place: Path) -> None:
    folder = place / "runs" / IDS[2]
    new_key(place / "other")
    for name, signer in (("a.html", Signer.read(place / "other" / PRIVATE)), ("b.html", None)):
        (folder / name).write_text("met")
        assert cover(folder, folder / name, signer)
    verdict, traces = looked(folder, key(place))
    assert verdict is UNKNOWN
    assert {trace.file for trace in traces if trace.verdict is UNKNOWN} == {"a.html", "b.html"}


def test_a_report_that_was_written_again_is_covered_by_its_last_line(place: Path) -> None:
    folder = place / "runs" / IDS[1]
    (folder / REPORT).write_text("all is met, said better")
    assert looked(folder, key(place))[0] is MISSED
    assert cover(folder, folder / REPORT, Signer.read(place / "keys" / PRIVATE))
    assert looked(folder, key(place))[0] is MET


def test_only_what_lies_in_a_closed_folder_can_be_covered(place: Path, tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("x")
    assert not cover(place / "runs" / IDS[1], tmp_path / "report.html", None)
    folder = unclosed(tmp_path / "runs").path
    (folder / "report.html").write_text("x")
    assert not cover(folder, folder / "report.html", None)


def test_the_history_of_a_runs_folder_is_one_chain(place: Path) -> None:
    lines = lines_of(place / "runs" / HEADS)
    assert (len(lines), first_break(lines)) == (7, None)
