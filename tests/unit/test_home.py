"""`home` of a scenario: the files it names are what they should be, or are told at their place; roles read whole."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drill.dumpfile import Form, globals_at, statements_of
from drill.errors import CannotRun, ScenarioError
from drill.objectives import OWN_DATA, PRIORITY
from drill.scenario import Scenario
from drill.scenario.plan import acts_of, estimated_disk, plan_of
from tests.unit.test_dumpfile import PLAIN, ROLES, made

GOOD = """\
name: own data
registers: [own_data]
home: {load: dumps/ours.sql, globals: dumps/roles.sql}
copies: [{name: nightly, kind: dump, every: 10s}]
outage: {kind: site_destroyed}
response: {declare: {by: officer, after: 1s}, fence: cut}
recovery: {kind: restore, from: nightly}
objectives: {rto: 30s, rpo: 30s}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (dumps := tmp_path / "dumps").mkdir()
    (dumps / "ours.sql").write_bytes(PLAIN)
    (dumps / "roles.sql").write_bytes(ROLES)
    return tmp_path


def loaded(folder: Path, text: str = GOOD) -> Scenario:
    (folder / "own.yaml").write_text(text)
    return Scenario.load(folder / "own.yaml")


def complaints(folder: Path, text: str = GOOD) -> list[str]:
    with pytest.raises(ScenarioError) as wrong:
        loaded(folder, text)
    return [line.removeprefix(f"{folder / 'own.yaml'}:") for line in str(wrong.value).splitlines()]


def test_files_are_looked_for_beside_the_scenario(folder: Path) -> None:
    home = loaded(folder).home
    assert home is not None
    assert (home.dump.path, home.dump.form) == (folder / "dumps" / "ours.sql", Form.PLAIN)
    assert home.globals == str(folder / "dumps" / "roles.sql")
    whole = GOOD.replace("dumps/", f"{folder}/dumps/")
    assert loaded(folder, whole).home == home


def test_its_register_is_the_last_of_all(folder: Path) -> None:
    assert loaded(folder, GOOD.replace("[own_data]", "all")).register_names == (*PRIORITY, OWN_DATA)
    assert loaded(folder).register_names == (OWN_DATA,)


def test_the_plan_tells_what_is_loaded_and_counts_its_room(folder: Path) -> None:
    (folder / "dumps" / "ours.sql").write_bytes(b"-- \n" * 500_000 + PLAIN)
    with pytest.raises(ScenarioError):  # what it is stands too far down
        loaded(folder)
    (folder / "dumps" / "ours.sql").write_bytes(PLAIN.replace(b"COPY", b"-- x\n" * 500_000 + b"COPY"))
    told = plan_of(scenario := loaded(folder), "embedded")
    assert f"own data    {folder / 'dumps' / 'ours.sql'} (plain SQL, 2500" in told
    assert f"roles of {folder / 'dumps' / 'roles.sql'}" in told
    assert estimated_disk(scenario) > 20 * 2_500_000
    assert "1 registers are filled at home and sealed" in acts_of(scenario)[0].steps[1]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("load: dumps/ours.sql", "load: dumps/none.sql", ["3:14: dumps/none.sql: No such file or directory"]),
        ("load: dumps/ours.sql", "load: dumps", ["3:14: dumps is a folder without toc.dat"]),
        ("load: dumps/ours.sql", "load: dumps/packed", ["3:14: dumps/packed is compressed: unpack it with gunzip"]),
        ("globals: dumps/roles.sql", "globals: dumps/ours.sql", ["3:39: dumps/ours.sql is not what pg_dumpall writes"]),
        (
            "{load: dumps/ours.sql, globals: dumps/roles.sql}",
            "{load: dumps/roles.sql, globals: dumps}",
            ["3:14: dumps/roles.sql is of pg_dumpall, not of one", "3:40: dumps cannot be a file of roles"],
        ),
        ("{load: dumps/ours.sql, globals: dumps/roles.sql}", "{}", ["3:1: `load` is missing in home"]),
        ("load: dumps/ours.sql", "load: ''", ["3:14: home.load must not be empty"]),
        ("load: dumps/ours.sql", "load: 7", ["3:14: home.load should be text, not 7 (write it in quotes)"]),
        ("globals", "global", ["3:30: unknown key 'global' (did you mean globals?)"]),
        ("registers: [own_data]", "registers: [land]", ["3:7: own_data is not among the registers, so nothing"]),
        (
            "home: {load: dumps/ours.sql, globals: dumps/roles.sql}\n",
            "",
            ["2:13: own_data needs `home: {load: FILE}`, the dump that it comes from"],
        ),
    ],
)
def test_what_is_wrong_is_told_at_its_place(folder: Path, old: str, new: str, says: list[str]) -> None:
    (folder / "dumps" / "packed").write_bytes(gzip.compress(PLAIN))
    assert GOOD.count(old) == 1
    told = [line.replace(f"{folder}/", "") for line in complaints(folder, GOOD.replace(old, new))]
    assert len(told) == len(says)
    assert all(line.startswith(start) for line, start in zip(told, says, strict=True)), told


def test_a_file_that_changes_after_it_was_read_cannot_be_run(folder: Path) -> None:
    home = loaded(folder).home
    assert home is not None
    (folder / "dumps" / "ours.sql").write_bytes(PLAIN[:-60])
    with pytest.raises(CannotRun, match=r"ours\.sql is cut short") as refused:
        _ = home.dump
    assert refused.value.hint == "it was right when the scenario was read: who writes to it?"


# -- its roles -------------------------------------------------------------------------------------------------------


def test_roles_are_read_as_they_are(tmp_path: Path) -> None:
    assert globals_at(made(tmp_path, ROLES)) == ROLES.decode()
    assert "reader" in globals_at(made(tmp_path, ROLES.replace(b"\n", b"\r\n")))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is not what pg_dumpall writes: make it with `pg_dumpall --globals-only -f FILE`"),
        (PLAIN, "is not what pg_dumpall writes"),
        (b"CREATE ROLE x;\n", "is not what pg_dumpall writes"),
        (ROLES[:120], "is cut short: its end is missing"),
        (ROLES.replace(b"CREATE", PLAIN + b"CREATE"), "is of whole databases and not of roles alone"),
        (ROLES.replace(b"reader", b"l\xe4ser"), "is not UTF-8: .* --encoding=UTF8"),
    ],
)
def test_what_is_no_file_of_roles_is_told_with_what_to_do(tmp_path: Path, content: bytes, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        globals_at(made(tmp_path, content))


def test_a_file_of_roles_is_no_folder_and_not_huge(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be a file of roles"):
        globals_at(tmp_path)
    with (huge := made(tmp_path, ROLES)).open("r+b") as file:
        file.truncate(64 * 1024 * 1024 + 1)
    with pytest.raises(ValueError, match="cannot be a file of roles"):
        globals_at(huge)
    with pytest.raises(ValueError, match="No such file"):
        globals_at(tmp_path / "nothing")


ANYTHING = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=9)
WORDS = ANYTHING | st.text("\n\\-;'\" abc", min_size=1)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=4))
def test_statements_are_whole_whatever_names_and_comments_hold(roles: list[tuple[str, str]]) -> None:
    wanted = []
    for name, comment in roles:
        quoted = '"' + name.replace('"', '""') + '"'
        said = "E'" + comment.replace("\\", "\\\\").replace("'", "''") + "'"
        wanted += [f"CREATE ROLE {quoted};", f"COMMENT ON ROLE {quoted} IS {said};"]
    text = (
        '\\restrict x;\'"\n\nSET a = b;\n--\n-- User Config "it\'s; ours"\n--\n\n'
        + "\n".join(wanted)
        + "\n\n\\unrestrict x\n"
    )
    assert list(statements_of(text)) == ["SET a = b;", *wanted]
