"""A locale that a machine lacks excuses what letters decide, and nothing else."""

from dataclasses import replace

import pytest

from drill.digest import Digest
from drill.evidence import Seal, Structure
from drill.sites.letters import Letters, due_to_locale, of_another_locale

COLUMNS = {
    "public.plain.a": "text not null 's '::text",
    "public.made.a": "text",
    "public.made.f": "text s lower(a)",
    "public.made_later.f": "text not null v lower(a)",
    "public.plain2.f": "s",
}


def test_only_tables_that_make_something_of_their_text_may_differ() -> None:
    tables = dict.fromkeys(("public.plain", "public.made", "public.made_later", "public.plain2", "public.ma"), Digest())
    seal = Seal(tables, Structure(objects={"columns": COLUMNS}), loose={"public.made_later": "known", "views": "so"})
    marked = of_another_locale(seal, "why")
    assert marked.loose == {"public.made": "why", "public.made_later": "known", "views": "so"}
    assert replace(marked, loose=seal.loose) == seal
    assert of_another_locale(Seal(tables), "why").loose == {}


@pytest.mark.parametrize(
    ("refusal", "due"),
    [
        ('in line 7: could not create unique index "i"', True),
        ('new row for relation "g" violates check constraint "c"', True),
        ('new row for relation "g" violates partition constraint', True),
        ('check constraint "c" of relation "g" is violated by some row', True),
        ('no partition of relation "g" found for row', True),
        ('duplicate key value violates unique constraint "u"', True),
        ('conflicting key value violates exclusion constraint "x"', True),
        ('insert or update on table "g" violates foreign key constraint "f"', False),
        ("could not read from input file", False),
        ('relation "g" already exists', False),
        ("syntax error", False),
    ],
)
def test_only_rows_that_are_refused_may_be_so_for_their_letters(refusal: str, due: bool) -> None:
    assert due_to_locale(f"x.dump cannot be loaded: {refusal}") is due


def test_a_seal_tells_encoding_and_locale() -> None:
    whole = Letters.read("LATIN1", "i\tC\tet_EE\tet-EE")
    assert whole == Letters("LATIN1", "i", "C", "et_EE", "et-EE")
    assert str(whole) == "locale et-EE of icu"
    assert str(Letters.read("UTF8", "c\tC\tet_EE\t")) == "locale et_EE of libc"
    assert Letters.read(None, None) == Letters.read("UTF8", "c\tC") == Letters("UTF8")
