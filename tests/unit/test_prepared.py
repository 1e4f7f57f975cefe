"""What a server says of the transactions that it has prepared, and how every version of it is told what to sort by."""

import json

from drill.seals import Prepared
from drill.sites.prepared import listed
from drill.sites.settings import letters, made_with


def test_names_are_read_as_they_were_given_whatever_is_in_them() -> None:
    names = ["it's \\ \n one", "ме", "town"]
    told = json.dumps([[756, *(name.encode().hex() for name in names)], [3, "ff", "", "61"]])
    assert listed(told) == (Prepared(756, *names), Prepared(3, "\ufffd", "", "a"))
    assert listed("[]") == ()
    assert str(Prepared(756, *names)) == '"it\'s \\\\ \\n one" of ме in town'


def test_a_server_that_has_no_locale_of_its_own_is_told_of_none() -> None:
    assert letters(16) == ["--locale=C", "--encoding=UTF8"]
    assert letters(17) == ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--encoding=UTF8"]


def test_initdb_is_told_of_settings_where_it_takes_any() -> None:
    assert made_with(15, "jit=off") == []
    assert made_with(16, "jit=off", "fsync=off") == ["-c", "jit=off", "-c", "fsync=off"]
