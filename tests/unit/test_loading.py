"""What of a dump and of its file of roles is done before, and what only afterwards."""

from pathlib import Path

import pytest

from drill.dumpfile import DumpFile, Form
from drill.sites.loading import statements_about

ROLES = """--
-- PostgreSQL database cluster dump
--

CREATE ROLE "The boss";
ALTER ROLE "The boss" WITH SUPERUSER CONNECTION LIMIT 9 PASSWORD 'it''s; secret' VALID UNTIL '2050-01-01';
CREATE ROLE boss;
ALTER ROLE boss SET work_mem TO '1MB';
ALTER ROLE "The boss" SET search_path TO 'a;b', ' SET ';
ALTER ROLE "The boss" SET work_mem TO '2MB';

--
-- PostgreSQL database cluster dump complete
--
"""


def test_what_is_said_of_a_role_is_told_without_its_password(tmp_path: Path) -> None:
    file = tmp_path / "globals.sql"
    file.write_text(ROLES)
    assert statements_about("boss", file) == ["ALTER ROLE boss SET work_mem TO '1MB';"]
    assert [each.split('"', 2)[2] for each in statements_about("The boss", file)] == [
        " WITH SUPERUSER CONNECTION LIMIT 9 VALID UNTIL '2050-01-01';",
        " SET search_path TO 'a;b', ' SET ';",
        " SET work_mem TO '2MB';",
    ]
    assert statements_about("nobody", file) == []
    file.write_text("changed")
    assert statements_about("boss", file) == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("SET default_tablespace = fast;", {"fast"}),
        ("SET default_tablespace = fast;\r", {"fast"}),
        ('SET default_tablespace = "Very ""fast""";', {'"Very ""fast"""'}),
        ("SET default_tablespace = '';", set()),
        (" SET default_tablespace = fast;", set()),
        ("SET default_tablespace = fast; drop", set()),
        ("SET default_table_access_method = heap;", set()),
    ],
)
def test_plain_sql_names_its_tablespaces(line: str, found: set[str], tmp_path: Path) -> None:
    file = tmp_path / "dump.sql"
    file.write_bytes(f"--\n{line}\nselect 1;\n".encode())
    assert DumpFile(file, Form.PLAIN).tablespaces() == found
    assert DumpFile(file, Form.CUSTOM).tablespaces() == set()
