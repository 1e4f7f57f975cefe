"""What the files of a physical copy and its log show by themselves, and what is said of what cannot be read."""

import pytest

from drill.cluster_findings import (
    NO_LOG,
    RESTORED,
    WHOLE_LOG,
    as_its_manifest_says,
    begins,
    honest,
    honest_inside,
    leads_elsewhere,
    of_copy,
    of_one_moment,
    of_the_sealed_server,
    unread,
    unreadable,
)
from drill.errors import NotInTime, StepFailed
from drill.sites.aim import Aim
from drill.sites.physical import ELSEWHERE, LATER
from drill.sites.wal import Record
from drill.verdict import Finding, Verdict
from tests.unit.test_cluster_findings import control, sealed


def test_a_finding_of_the_whole_copy_says_what_is_so() -> None:
    found = of_copy("log", Verdict.MET, "all of it", "whole")
    assert found == Finding("log", "copy", Verdict.MET, "all of it", "whole", "The copy: whole.")


def test_what_a_report_says_of_all_of_a_copy() -> None:
    assert RESTORED == "it is brought up in an empty place, and takes writes"
    assert WHOLE_LOG == "every record from the start of the copy to the end of its log"
    assert NO_LOG == "its log cannot be read"


# -- what cannot be read -----------------------------------------------------------------------------------------------

LATE = NotInTime("sandbox: pg_waldump was not done within 9 s; it said: ", hint="")
DAMAGED = StepFailed("the archive: a hole: a segment is missing", hint="")


@pytest.mark.parametrize(("why", "verdict"), [(DAMAGED, Verdict.MISSED), (LATE, Verdict.UNKNOWN)])
def test_who_was_too_slow_does_not_know_whether_it_is_damaged(why: StepFailed, verdict: Verdict) -> None:
    assert unreadable("log", "all of it", why) == of_copy("log", verdict, "all of it", str(why))
    assert unread("town", why) == Finding("restored", "town", verdict, RESTORED, str(why), f"town: {why}.")


@pytest.mark.parametrize("kind", [StepFailed, NotInTime])
def test_a_database_for_which_this_machine_lacks_something_is_unknown(kind: type[StepFailed]) -> None:
    why = 'town: could not access file "$libdir/postgis-3"'
    actual = f"{why}; {ELSEWHERE}"
    found = unread("town", kind(why, hint=""))
    assert found == Finding("restored", "town", Verdict.UNKNOWN, RESTORED, actual, f"town: {actual}.")


@pytest.mark.parametrize(
    ("wrong", "verdict", "actual"),
    [
        (None, Verdict.MET, "all as it says"),
        (StepFailed("sandbox: it ended with 1: x", hint=""), Verdict.MISSED, "it ended with 1: x"),
        (StepFailed("it was killed", hint=""), Verdict.MISSED, "it was killed"),
        (NotInTime("sandbox: not done within 9 s", hint=""), Verdict.UNKNOWN, "not done within 9 s"),
    ],
)
def test_each_file_is_as_the_manifest_says(wrong: StepFailed | None, verdict: Verdict, actual: str) -> None:
    target = "each file as its backup_manifest says"
    assert as_its_manifest_says(wrong) == of_copy("manifest", verdict, target, actual)


# -- its files ---------------------------------------------------------------------------------------------------------


def test_a_copy_is_of_the_server_that_was_sealed_by_its_number() -> None:
    target = "made of the server that was sealed"
    assert of_the_sealed_server(control(), sealed(1)) == of_copy("identity", Verdict.MET, target, "7, sealed: 7")
    other = "8, sealed: 7: the copy is of one server, and the seal of another; take another seal, or another copy"
    found = of_the_sealed_server(control(identifier="8"), sealed(1))
    assert found == of_copy("identity", Verdict.MISSED, target, other)


@pytest.mark.parametrize(
    ("state", "labelled", "verdict", "actual"),
    [
        ("in production", True, Verdict.MET, "a base backup"),
        ("shut down", True, Verdict.MET, "a base backup"),
        ("shut down", False, Verdict.MET, "no backup_label, and its server was shut down"),
        ("in production", False, Verdict.UNKNOWN, "no backup_label, and its server was in production"),
    ],
)
def test_files_are_of_one_moment_in_a_backup_or_of_a_server_that_was_stopped(
    state: str, labelled: bool, verdict: Verdict, actual: str
) -> None:
    target = "files of one moment: a base backup, or of a server that was stopped in good order"
    found = of_one_moment(control(state=state), labelled=labelled)
    assert found == of_copy("provenance", verdict, target, actual)


HONEST = "no setting that hides damage"


@pytest.mark.parametrize(
    ("hiding", "elsewhere", "verdict", "actual"),
    [
        ([], [], Verdict.MET, "none set in it"),
        ([], ["/etc/a", "../b"], Verdict.UNKNOWN, "none set in it; it includes what lies elsewhere: /etc/a, ../b"),
        (["one", "two"], [], Verdict.MISSED, "set in it: one, two"),
        (["one"], ["/etc/a"], Verdict.MISSED, "set in it: one"),
    ],
)
def test_no_setting_hides_damage(hiding: list[str], elsewhere: list[str], verdict: Verdict, actual: str) -> None:
    assert honest(hiding, elsewhere) == of_copy("settings", verdict, HONEST, actual)


def test_none_hides_it_from_a_role_or_in_a_database() -> None:
    assert honest_inside([]) is None
    told = "set in it: zero_damaged_pages=on for me in town, ignore_system_indexes=1 for all roles in land"
    hiding = [("me in town", "zero_damaged_pages=on"), ("all roles in land", "ignore_system_indexes=1")]
    assert honest_inside(hiding) == of_copy("settings", Verdict.MISSED, HONEST, told)


# -- its log -----------------------------------------------------------------------------------------------------------

LABEL = """LABEL: START WAL LOCATION: 0/9 of START TIMELINE: 9
START WAL LOCATION: 1/2000028 (file 000000030000000100000002)
CHECKPOINT LOCATION: 1/2000060
START TIMELINE: 3
"""


def test_the_log_is_needed_from_where_the_label_says_or_the_last_checkpoint() -> None:
    stopped = control(timeline=2, checkpoint=0x4000000, redo=0x3000000)
    assert begins("", stopped) == (2, 0x3000000)
    assert begins("START TIMELINE: 3\n", stopped) == (2, 0x3000000)
    assert begins(LABEL, stopped) == (3, 0x102000028)
    assert begins(LABEL.replace("START TIMELINE: 3", ""), stopped) == (2, 0x102000028)


def space(says: str, at: int) -> Record:
    return Record("Tablespace", 700, at, at + 40, says)


def test_a_log_that_creates_a_tablespace_elsewhere_is_not_replayed_that_far() -> None:
    within, gone = space('CREATE 16400 ""', 0x5000000), space("DROP 16401", 0x5000100)
    first, second = (
        space(f'CREATE {oid} "/srv/{oid}"', at) for oid, at in (("16402", 0x6000000), ("16403", 0x7000000))
    )
    log = [within, gone, first, second]
    says = f"its log creates the tablespace 16402 at /srv/16402, at 0/6000000: {LATER}"
    found = of_copy("restored", Verdict.UNKNOWN, RESTORED, says)
    assert leads_elsewhere(log, Aim.named("latest")) == found
    assert leads_elsewhere(log, Aim.named("lsn:0/6000001")) == found
    assert leads_elsewhere(log, Aim.named("lsn:0/6000000")) is None
    assert leads_elsewhere([within, gone], Aim.named("latest")) is None
    assert leads_elsewhere([], Aim.named("latest")) is None
