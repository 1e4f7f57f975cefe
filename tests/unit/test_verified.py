"""From a seal and the findings over a copy to one verdict and one exit code."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drill.digest import Digest, Form
from drill.errors import CannotRun, ScenarioError
from drill.evidence import Seal
from drill.reports import Wanted
from drill.reports.verified import deliver_verified, plain, text
from drill.seals import TEXTS, How, Place, Sealed, read, written
from drill.verdict import Finding, Verdict
from drill.verified import COPY, Verified
from tests.unit.stories import STRUCTURE

MET, MISSED, UNKNOWN = Verdict.MET, Verdict.MISSED, Verdict.UNKNOWN
AT = datetime(2030, 1, 1, tzinfo=UTC)
TOWN, LAND = Seal({"public.cat": Digest(1, (1, 2)), "public.dog": Digest(2, (3, 4))}, STRUCTURE), Seal({"l": Digest()})
SEALED = Sealed(
    how=How.UNDER_LOAD,
    form=Form.PORTABLE,
    version="18.1",
    system_identifier="7",
    timeline=1,
    superuser="postgres",
    begun=Place("0/10", "700", AT),
    ended=Place("0/20", "701", AT),
    databases={"town": TOWN, "land": LAND},
    shared={"roles": {"clerk": "login"}},
)


def test_what_a_seal_left_nowhere_is_written_as_nothing() -> None:
    document = json.loads(written(SEALED))
    assert [document[f"{what}{lsn}"] for what in ("nonce", "restore_point") for lsn in ("", "_lsn")] == [None] * 4


def verified(*verdicts: Verdict) -> Verified:
    findings = tuple(Finding("content", f"r{n}", verdict, "", "") for n, verdict in enumerate(verdicts))
    return Verified("/c", "custom", "quiesced", "embedded", "18.1", "no way out", findings, (), 1.0)


@given(st.lists(st.sampled_from(Verdict)))
def test_a_copy_is_as_good_as_its_worst_finding(verdicts: list[Verdict]) -> None:
    """Good is never said of a damaged copy, nor bad of one of which merely something is not known."""
    found = verified(*verdicts)
    worst = MISSED if MISSED in verdicts else UNKNOWN if UNKNOWN in verdicts or not verdicts else MET
    assert found.verdict is worst
    assert found.exit_code == {MET: 0, MISSED: 1, UNKNOWN: 3}[worst]


def test_of_a_report_that_cannot_be_written_the_result_and_the_other_are_there_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = verified(MISSED)
    with pytest.raises(CannotRun, match="/dev/full"):
        deliver_verified(found, Wanted(junit="/dev/full", json=str(tmp_path / "x.json")))
    assert capsys.readouterr().out == f"{plain(found)}\n"
    assert "  sealed: quiesced; verified in 1.0 s\n" in plain(found)
    assert (tmp_path / "x.json").read_text() == text(found)


def test_findings_over_a_whole_copy_are_of_the_copy() -> None:
    assert COPY == "copy"


# -- what a copy need not hold as it was sealed ------------------------------------------------------------------------


def loose(sealed: Sealed, why: str | None = None, major: int = 18) -> dict[str, dict[str, str]]:
    return {name: dict(seal.loose) for name, seal in sealed.loosened(why, major).databases.items()}


def test_a_copy_of_the_moment_of_the_seal_must_hold_everything() -> None:
    assert loose(SEALED) == {"town": {}, "land": {}}
    assert SEALED.loosened(None, 18).databases["town"] == TOWN
    assert SEALED.major == 18
    assert replace(SEALED, version="17").major == replace(SEALED, version="17.5.2").major == 17


def test_of_a_copy_of_another_moment_no_table_can_be_told_but_the_schema_can() -> None:
    why = "it was written to"
    assert loose(SEALED, why) == {
        "town": {"public.cat": why, "public.dog": why, "large objects": why},
        "land": {"l": why, "large objects": why},
    }


def test_tables_that_moved_or_were_left_out_are_told_by_database() -> None:
    partly = replace(SEALED, changed={"town": ("public.cat",)}, unsealed={"land": ("x",), "nowhere": ("y",)})
    moved, left_out = "it was written to while it was sealed", "its rows were not sealed"
    assert loose(partly) == {"town": {"public.cat": moved}, "land": {"x": left_out}}
    assert loose(partly, "other")["town"] == {"public.cat": moved, "public.dog": "other", "large objects": "other"}


@pytest.mark.parametrize("major", [17, 19])
def test_another_major_version_words_some_kinds_otherwise(major: int) -> None:
    found = loose(SEALED, major=major)["land"]
    assert found == dict.fromkeys(TEXTS, "sealed on 18, which words it otherwise")
    parsed = {"views", "rules", "functions", "triggers", "policies", "columns", "relations", "types"}
    own = {
        "published tables",
        "locales of collations",
        "rights on functions of others",
        "rights on relations of others",
        "rights on objects of others",
        "ways of subscriptions",
    }
    assert set(TEXTS) == parsed | own


# -- the file ----------------------------------------------------------------------------------------------------------


def refused(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as told:
        read(path)
    assert told.value.hint == "name the file that `drill seal` wrote"
    return str(told.value)


def test_a_seal_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "seal.json"
    whole = replace(
        SEALED, dump={"town.dump": "ab"}, changed={"town": ("public.cat",)}, nonce="7f", shared={"ä\x1b": {}}
    )
    path.write_text(written(whole), encoding="utf-8")
    assert read(path) == whole
    assert written(whole).isascii()
    assert written(whole).startswith('{\n "schema_version": 2,\n "how": "under_load",\n')
    assert written(whole).endswith("}\n")


def test_what_a_seal_does_not_say_is_not_made_up() -> None:
    assert (SEALED.dump, SEALED.changed, SEALED.unsealed) == ({}, {}, {})
    assert SEALED.restore_point is SEALED.restore_point_lsn is SEALED.nonce is None


def test_the_ways_to_seal_are_written_down_by_these_words() -> None:
    assert list(How) == ["with_dump", "on_paused_standby", "quiesced", "under_load"]


def test_a_seal_of_a_newer_program_is_not_guessed_at(tmp_path: Path) -> None:
    path = tmp_path / "seal.json"
    path.write_text(json.dumps({**json.loads(written(SEALED)), "schema_version": 9}), encoding="utf-8")
    with pytest.raises(CannotRun) as told:
        read(path)
    assert str(told.value) == f"{path} is a seal of format 9 (schema_version), and this program reads 2"
    assert told.value.hint == "verify with the program that sealed, or seal anew"


def test_what_is_no_seal_is_refused_with_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "seal.json"
    with pytest.raises(ScenarioError, match=r"seal\.json: No such file or directory") as told:
        read(path)
    assert told.value.hint == "name the file that `drill seal` wrote"
    assert refused(path, "{}") == f"{path} is no seal: 'schema_version'"
    of_a_run = json.dumps({"schema_version": 1, "seals": {}})
    assert refused(path, of_a_run) == f"{path} is no seal: the evidence of a drill"
    assert refused(path, '{"schema_version": 1}') == f"{path} is no seal: it does not say how it was sealed"
    assert refused(path, "[]").startswith(f"{path} is no seal: ")
    assert refused(path, "not JSON").startswith(f"{path} is no seal: Expecting value")
    document = json.loads(written(SEALED))
    assert refused(path, json.dumps({**document, "how": "well"})).startswith(f"{path} is no seal: Input should be ")
    secret = refused(path, json.dumps({**document, "timeline": "a secret of somebody"}))
    assert secret.startswith(f"{path} is no seal: Input should be a valid integer")
    assert "secret" not in secret
