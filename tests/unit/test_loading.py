"""What of a dump and of its file of roles is done before, and what only afterwards."""

from pathlib import Path

import pytest

from drill.dumpfile import DumpFile, Form
from drill.sites.loading import settings_of

ROLES = """--
-- PostgreSQL database cluster dump
--

CREATE ROLE "The boss";
ALTER ROLE "The boss" WITH SUPERUSER;
CREATE ROLE boss;
ALTER ROLE boss SET work_mem TO '1MB';
ALTER ROLE "The boss" SET search_path TO 'a;b', ' SET ';
ALTER ROLE "The boss" SET work_mem TO '2MB';

--
-- PostgreSQL database cluster dump complete
--
"""


def test_only_what_is_set_for_that_role_is_its_setting(tmp_path: Path) -> None:
    file = tmp_path / "globals.sql"
    file.write_text(ROLES)
    assert settings_of("boss", file) == ["ALTER ROLE boss SET work_mem TO '1MB';"]
    assert [each.split(" SET ", 1)[1] for each in settings_of("The boss", file)] == [
        "search_path TO 'a;b', ' SET ';",
        "work_mem TO '2MB';",
    ]
    assert settings_of("nobody", file) == []
    file.write_text("changed")
    assert settings_of("boss", file) == []


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
