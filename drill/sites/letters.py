"""In which letters a database writes, and by which locale it orders and folds them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import psycopg
from psycopg import sql

from drill.evidence import Seal
from drill.sites.site import Site

# Of a server that knows no such locale, or no such provider: it was built without, or is older.
_UNKNOWN = (
    *(psycopg.errors.InvalidParameterValue, psycopg.errors.WrongObjectType, psycopg.errors.FeatureNotSupported),
    *(psycopg.errors.InvalidObjectDefinition, psycopg.errors.SyntaxError, psycopg.errors.UndefinedObject),
)


@dataclass(frozen=True, slots=True)
class Letters:
    """Of a sealed database; without a provider nobody knows its locale."""

    encoding: str = "UTF8"
    provider: str = ""  # as the catalogue has it: b, c or i
    collate: str = ""
    ctype: str = ""
    locale: str = ""  # of the provider, where it is not the C library

    @classmethod
    def read(cls, encoding: str | None, told: str | None) -> Letters:
        """As a seal tells both."""
        return cls(encoding or "UTF8", *(told.split("\t") if told and told.count("\t") == 3 else ()))

    def __str__(self) -> str:
        return f"locale {self.locale or self.ctype} of {_PROVIDERS.get(self.provider, self.provider)}"

    @property
    def _clause(self) -> sql.Composed:
        parts = [sql.SQL(" locale_provider {}").format(sql.SQL(_PROVIDERS.get(self.provider, "libc")))]
        parts += [sql.SQL(" lc_collate {} lc_ctype {}").format(self.collate, self.ctype)]
        if self.provider in _LOCALES:
            parts += [sql.SQL(" {} {}").format(sql.SQL(_LOCALES[self.provider]), self.locale)]
        return sql.Composed(parts)

    def create(self, site: Site, name: str) -> str:
        """An empty database; why it is not as it was at home, if it is not.

        The one that every server has is made anew, so that nothing of it is the site's own.
        """
        if not self.provider:
            self._create(site, name, self._plain)
            return "nothing tells of which locale it was: a seal does that is taken anew"
        try:
            self._create(site, name, self._clause)
        except _UNKNOWN:
            self._create(site, name, self._plain)
            return f"it had the {self}, which this PostgreSQL has not: --pg-bin or --image names one that has it"
        return ""

    @property
    def _plain(self) -> sql.Composed:
        return sql.Composed([sql.SQL("" if self.encoding == "UTF8" else " locale_provider libc locale 'C'")])

    def _create(self, site: Site, name: str, locale: sql.Composed) -> None:
        made = sql.SQL("create database {} template template0 encoding {}").format(sql.Identifier(name), self.encoding)
        with site.console("template1") as console:
            console.execute(sql.SQL("drop database if exists {}").format(sql.Identifier(name)))
            console.execute(made + locale)


_PROVIDERS = {"b": "builtin", "c": "libc", "i": "icu"}
_LOCALES = {"b": "builtin_locale", "i": "icu_locale"}
# Whether a letter is a capital is asked where rows are held against what is made of them, and by generated columns.
_REFUSED = re.compile(
    r"could not create unique index|no partition of relation|is violated by some row"
    r"|violates (?:unique|exclusion|check|partition|not-null) constraint"
)
_GENERATED = re.compile(r" [sv](?: |$)")  # in the definition of a column


def due_to_locale(refusal: str) -> bool:
    """May rows be refused for no other reason than that letters are folded and ordered in another way?"""
    return bool(_REFUSED.search(refusal))


def of_another_locale(seal: Seal, why: str) -> Seal:
    """The seal, with the tables marked in which a row restored elsewhere is another: they have generated columns."""
    columns = seal.structure.objects.get("columns", {})
    made = [column for column, definition in columns.items() if _GENERATED.search(definition)]
    loose = {table: why for table in seal.tables if any(column.startswith(f"{table}.") for column in made)}
    return replace(seal, loose={**loose, **seal.loose})
