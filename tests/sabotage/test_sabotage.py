"""A clean copy is met. Each damage is really done, really harms, and is said to, for its own reason."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from drill.verdict import Verdict
from drill.verified import Verified
from tests.integration import test_prepared
from tests.sabotage.copies import Kind, Vault
from tests.sabotage.damage import EXIT, Damage
from tests.sabotage.every import EVERY
from tests.sabotage.page import ANEW, PAGE, Told, listed, page
from tests.sabotage.restored import restored

VERIFY = Path(__file__).parents[2] / "docs" / "verify.md"
_WRITING = os.environ.get("DRILL_WRITE_DOCS") == "1"
_TOLD: dict[str, Told] = {}


def chosen() -> list[object]:
    """Those that are tried every time, and the others in the soak."""
    return [pytest.param(damage, id=damage.name, marks=() if damage.sample else pytest.mark.soak) for damage in EVERY]


def told(verified: Verified, *verdicts: Verdict) -> list[tuple[str, str, str]]:
    return [(f.register, f.check, f.actual) for f in verified.findings if f.verdict in verdicts]


@pytest.mark.parametrize("kind", Kind)
def test_a_clean_copy_is_met(kind: Kind, vault: Vault, tmp_path: Path) -> None:
    copy = vault.copy(kind, tmp_path)
    copy.after = vault.since
    verified = copy.verify()
    assert told(verified, Verdict.MISSED, Verdict.UNKNOWN) == []
    assert verified.exit_code == 0


@pytest.mark.soak
@pytest.mark.parametrize("kind", Kind)
def test_no_proof_holds_of_a_clean_copy(kind: Kind, vault: Vault, tmp_path: Path) -> None:
    """What it must prove is the damage, and nothing that is so without it."""
    copy = vault.copy(kind, tmp_path)
    held = []
    for damage in EVERY:
        if damage.of is kind and damage.due:
            with restored(copy) as found:
                held += [damage.name] if damage.proof(copy, found) == "" else []
    assert held == []


@pytest.mark.parametrize("damage", chosen())
def test_a_damaged_copy_is_missed_for_its_own_reason(damage: Damage, vault: Vault, tmp_path: Path) -> None:
    copy = vault.copy(damage.of, tmp_path)
    damage.done(copy)
    with restored(copy) as found:
        assert damage.proof(copy, found) == ""
        if _WRITING:
            found.examined()
    verified = copy.verify()
    said = told(verified, Verdict.MISSED, Verdict.UNKNOWN)
    assert [reason for reason in damage.due if reason.found(verified) is None] == [], said
    assert (verified.verdict, verified.exit_code) == (damage.verdict, EXIT[damage.verdict]), said
    _TOLD[damage.name] = Told(damage, found.said, [reason.told(verified) for reason in damage.due])


@pytest.mark.soak
@pytest.mark.skipif(not _WRITING, reason="only where DRILL_WRITE_DOCS=1")
def test_the_page_is_written_from_the_whole_run() -> None:
    PAGE.write_text(page(_TOLD), encoding="utf-8")


def test_the_page_tells_of_every_damage() -> None:
    assert listed() == [damage.name for damage in EVERY], f"write it anew: {ANEW}"


def checks_told() -> set[str]:
    """Those that can miss, of the tables of the page on `drill verify`."""
    tables = re.findall(r"^\| check \|.*\n\|[-|]+\n((?:\|.*\n)+)", VERIFY.read_text(), re.M)
    rows = [row for table in tables for row in table.splitlines() if not row.endswith("| - |")]
    names = [row.split(" | ")[0] for row in rows]
    return {name for each in names for name in re.findall(r"[a-z_]+", each)}


def test_every_check_has_a_damage_that_is_always_tried() -> None:
    """And so has each kind of copy. A server that is quiet, as that of these copies, has nothing prepared."""
    tried = [damage for damage in EVERY if damage.sample]
    of_others = {"prepared": test_prepared.test_what_was_prepared_and_is_not_there_is_missed}
    assert {reason.check for damage in tried for reason in damage.due} == checks_told() - of_others.keys()
    assert {damage.of for damage in tried} == set(Kind)
