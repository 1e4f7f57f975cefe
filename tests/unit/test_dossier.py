"""What people add to a report: files that are read whole or refused at their place, and the fifteen groups."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from drill.actions import Action
from drill.dossier import Dossier
from drill.dossier.mapping import SHIPPED, Mapped
from drill.dossier.meta import SAMPLE, Meta
from drill.errors import ScenarioError
from drill.judge import judged
from drill.reports.after_action import groups
from drill.reports.audit import audit
from drill.reports.fields import Group, Told
from tests.unit.pages import TODAY, hostile_dossier
from tests.unit.stories import GOOD, LEDGER, held, told

RUN = judged(GOOD)
LOST = judged(told(GOOD, LEDGER, held()))


# -- files -------------------------------------------------------------------------------------------------------------


def test_the_sample_shows_every_key_and_is_right() -> None:
    assert Meta.load(SAMPLE).model_fields_set == set(Meta.model_fields)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("titel: x\n", "m.yaml:1:1: unknown key 'titel' (did you mean title?)"),
        ("title: 5\n", "m.yaml:1:8: title: Input should be a valid string"),
        ("title: [a]\n", "m.yaml:1:8: title: Input should be a valid string"),
        ("participants:\n  - {name: A}\n", "m.yaml:2:5: participants[1].role: Field required"),
        ("participants:\n  - {name: A, role: B, age: 7}\n", "m.yaml:2:24: unknown key 'age'"),
        ("type: real\n", "m.yaml:1:7: type: Input should be 'tabletop', 'walkthrough', 'functional' or 'full-scale'"),
        ("retest: tomorrow\n", "m.yaml:1:9: retest: Input should be a valid date"),
        ("mtd: {land: 4}\n", "m.yaml:1:13: mtd.land: 4 has no unit: write 4s, 4ms or 4m"),
        ("mtd: {sea: 4h}\n", "m.yaml:1:7: mtd.sea"),
        ("title: &a x\n", "m.yaml:1:8: anchor &a: anchors are not allowed"),
        ("title: !!python/object:os.system x\n", "m.yaml:1:8: tag "),
        ('title: "\\e[31m"\n', "m.yaml:1:8: line breaks and control characters are not allowed in text"),
        ("- a\n", "m.yaml:1:1: a mapping of keys to values is wanted here"),
        ("", "m.yaml:1:1: a mapping of keys to values is wanted here"),
    ],
)
def test_a_file_that_is_wrong_is_refused_at_its_place(text: str, told: str) -> None:
    with pytest.raises(ScenarioError) as wrong:
        Meta.read(text.encode(), named="m.yaml")
    assert str(wrong.value).splitlines()[0].startswith(told)


def test_a_table_of_standards_is_read_as_narrowly(tmp_path: Path) -> None:
    assert Mapped.load(SHIPPED) == Mapped.shipped()
    clauses = " ".join(row.clause for row in Mapped.shipped().clauses)
    for clause in ("22301", "8.5", "A.5.30", "A.8.13", "Article 11", "Article 12", "24 and 25", "21(2)(c)"):
        assert clause in clauses
    (tmp_path / "own.yaml").write_text("note: ours\nclauses: []\n")
    assert Mapped.load(tmp_path / "own.yaml").clauses == ()
    (tmp_path / "own.yaml").write_text("note: ours\nclauses: [{clause: x}]\n")
    with pytest.raises(ScenarioError, match=r"own\.yaml:2:11: clauses\[1\]\.asks"):
        Mapped.load(tmp_path / "own.yaml")
    with pytest.raises(ScenarioError, match="No such file"):
        Mapped.load(tmp_path / "none.yaml")


def test_a_dossier_takes_what_lies_in_the_folder_unless_another_file_is_given(tmp_path: Path) -> None:
    (tmp_path / "meta.yaml").write_text("title: kept\n")
    (tmp_path / "events.jsonl").write_text("{}\n")
    (tmp_path / "notes.txt").write_text("not evidence")
    kept = Dossier.of(RUN, tmp_path, TODAY)
    assert kept.meta.title == "kept"
    assert kept.files["events.jsonl"] == sha256(b"{}\n").hexdigest()
    assert set(kept.files) == {"events.jsonl", "meta.yaml"}
    (tmp_path / "later").write_text("title: later\n")
    assert Dossier.of(RUN, tmp_path, TODAY, tmp_path / "later").meta.title == "later"


def test_what_is_kept_with_the_evidence_is_checked_first(tmp_path: Path) -> None:
    file = tmp_path / "m.yaml"
    file.write_bytes(b"title: x # as written\n")
    assert Meta.kept(file) == b"title: x # as written\n"
    file.write_bytes(b"titel: x\n")
    with pytest.raises(ScenarioError):
        Meta.kept(file)


# -- the fifteen groups ------------------------------------------------------------------------------------------------


def fields(found: tuple[Group, ...]) -> dict[str, tuple[str, ...]]:
    return {f"{group.number} {field.name}": field.says for group in found for field in group.fields}


def test_all_fifteen_are_there_and_what_only_people_know_is_marked() -> None:
    found = groups(Dossier(RUN, TODAY))
    assert [group.number for group in found] == list(range(1, 16))
    empty = {field.name for group in found for field in group.fields if field.empty}
    assert empty >= {"Title", "Threat", "Participants", "Key used", "Failback", "Strengths", "Conclusion", "Signed"}
    assert all(field.told is Told.PERSON for group in found for field in group.fields if field.empty)


def test_what_people_told_fills_every_field() -> None:
    found = groups(Dossier(RUN, TODAY, Meta.load(SAMPLE)))
    assert [field.name for group in found for field in group.fields if field.empty] == []
    assert fields(found)["6 Evaluator"] == ("C. Auditor, internal audit",)
    assert fields(found)["7 Maximum tolerable downtime (MTD)"] == ("population: 4 h 00 min", "land: 24 h 00 min")


def test_what_was_measured_is_told_with_its_gap() -> None:
    assert fields(groups(Dossier(RUN, TODAY)))["7 land"][1] == "RTA 15.00 s of RTO 15.00 s, 0.00 s to spare"
    assert fields(groups(Dossier(LOST, TODAY)))["11 Lost"] == ("2 of 2 acknowledged transactions",)
    assert fields(groups(Dossier(RUN, TODAY)))["8 declared"] == ("00:00:13.000 UTC, +3.00 s from the strike, by test",)


def test_the_next_drill_is_proposed_by_how_this_one_came_out() -> None:
    assert fields(groups(Dossier(RUN, TODAY)))["15 Next drill"][0].startswith("by 2031-01-01")
    assert fields(groups(Dossier(LOST, TODAY)))["15 Next drill"][0].startswith("by 2030-01-31")


def test_open_actions_are_carried_over() -> None:
    action = Action(1, "power loss", "mend it", "an officer", date(2030, 5, 1), datetime(2030, 1, 2, tzinfo=UTC), "r")
    closed = replace(action, number=2, closed_at=datetime(2030, 3, 1, tzinfo=UTC), outcome="mended")
    dossier = Dossier(RUN, TODAY, actions=(action, closed))
    assert fields(groups(dossier))["14 Open actions of this scenario"] == ("1, 1 of them overdue",)
    text = audit([dossier])
    assert "| 1 | mend it | an officer | 2030-05-01 | open, overdue |" in text
    assert "| 2 | mend it | an officer | 2030-05-01 | closed 2030-03-01: mended |" in text


def test_the_whole_report_as_markdown_shows_names_as_they_are() -> None:
    text = audit([hostile_dossier()])
    assert not set(text) & set("<>`[]@\\\x1b\u202e\x00")
    assert {line.count("|") for line in text.splitlines() if line.startswith("|")} <= {3, 5, 6, 9}
