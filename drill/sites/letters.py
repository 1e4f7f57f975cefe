"""In which letters a database writes, and by which locale it orders and folds them."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg import sql

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
        plain = sql.SQL("" if self.encoding == "UTF8" else " locale_provider libc locale 'C'")
        made = sql.SQL("create database {} template template0 encoding {}").format(sql.Identifier(name), self.encoding)
        with site.console("template1") as console:
            console.execute(sql.SQL("drop database if exists {}").format(sql.Identifier(name)))
            try:
                console.execute(made + (self._clause if self.provider else plain))
            except _UNKNOWN:
                console.execute(made + plain)
                return f"it had the {self}, which this PostgreSQL has not: --pg-bin or --image names one that has it"
        return ""


_PROVIDERS = {"b": "builtin", "c": "libc", "i": "icu"}
_LOCALES = {"b": "builtin_locale", "i": "icu_locale"}
