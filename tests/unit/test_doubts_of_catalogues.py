"""Which catalogues were written to after the seal, by their files, and what that leaves in doubt."""

from dataclasses import replace

import pytest

from drill.moment import SCHEMA
from tests.unit.test_doubts import SEALED, SEALED_AT, found, names, record, write


@pytest.mark.parametrize(
    ("written", "doubted"),
    [
        ("1663/16400/1259", True),  # pg_class
        ("1663/16400/16383", True),
        ("1663/16400/16384", False),  # somebody's own, and not a table of the seal
        ("1663/16401/20000", True),  # a catalogue that was rewritten
        ("1663/16401/20001", False),
        *((f"1663/16401/{number}", False) for number in (2619, 2696, 2840, 2841)),
    ],
)
def test_a_catalogue_that_was_written_to_leaves_the_schema_in_doubt(written: str, doubted: bool) -> None:
    told = found(write(written))
    (loose,) = (each for each in told.databases.values() if each)
    assert loose["sequence values"] == (
        "catalogues were written to after the seal" if doubted else "rows were written after the seal"
    )
    assert sorted(loose) == (sorted(SCHEMA) if doubted else ["sequence values"])
    both = found(write("1663/16400/16500"), write("1663/16401/16600"), write(written, at=SEALED_AT + 40))
    assert "public.cat" in both.databases["town"]


def test_a_database_that_no_file_is_known_of_is_known_by_its_number() -> None:
    bare = replace(SEALED, databases={"land": replace(SEALED.databases["land"], files={})})
    assert names(found(write("1663/16401/1259"), sealed=bare)) == {"land": sorted(SCHEMA)}
    assert names(found(write("1663/16400/1259"), sealed=bare)) == {}
    strange = replace(SEALED.databases["land"], files={"global/1262": "public.title"})
    assert names(found(write("1663/16401/16600"), sealed=replace(bare, databases={"land": strange}))) == {
        "land": ["sequence values"]
    }


def test_where_nobody_knows_the_catalogues_any_other_file_may_be_one() -> None:
    assert names(found(write("1663/16400/16777"), layouts={})) == {"town": sorted(SCHEMA)}
    assert names(found(write("1663/16400/16500"), layouts={})) == {"town": ["public.cat", "sequence values"]}
    assert names(found(write("1663/16402/16500"), layouts={})) == {}


def test_roles_and_databases_are_in_doubt_where_they_were_written_to() -> None:
    why = "roles or databases were written to after the seal"
    assert found(write("1664/0/1260")).shared == why
    assert names(found(write("1664/0/1260"))) == {}
    new = found(record("CREATE_FILE_COPY copy dir 1663/1 to 1663/17000", SEALED_AT, "Database"))
    assert (new.shared, names(new)) == (why, {})
    moved = found(record("CREATE_FILE_COPY copy dir 1663/16400 to 16999/16400", SEALED_AT, "Database"))
    assert moved.shared == why
    assert set(moved.databases["town"].values()) == {"the database was created, moved or dropped after the seal"}
    assert names(moved) == {"town": sorted(["public.cat", "public.dog", *SCHEMA])}
    second = record("DROP dir 1663/16401", SEALED_AT + 40, "Database")
    each = found(record("DROP dir 1663/16400", SEALED_AT, "Database"), second)
    assert set(names(each)) == {"town", "land"}
    dropped = found(record("DROP dir 1663/16401 16999/16401", SEALED_AT, "Database"), layouts={})
    assert names(dropped) == {"land": sorted(["public.title", *SCHEMA])}
