"""The rows a register begins with: made by the server from a counter and a hash, the same for the same seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from drill.digest import quoted


@dataclass(frozen=True, slots=True)
class Lots:
    """Chance that can be repeated: every lot is a hash of a number, a purpose and the seed."""

    people: int
    seed: int

    def pick(self, i: str, purpose: int, below: int | str) -> str:
        """SQL: a bigint from 0 up to but not including `below`, chosen for the number `i` and that purpose."""
        return f"mod(hashint8extended({i}, {self.seed * 1000 + purpose}) & 9223372036854775807, {below})"

    def one_of(self, i: str, purpose: int, words: Sequence[str]) -> str:
        """SQL: one of these words."""
        listed = ", ".join("'" + word.replace("'", "''") + "'" for word in words)
        return f"(array[{listed}])[1 + {self.pick(i, purpose, len(words))}]"

    def person(self, i: str, purpose: int) -> str:
        """SQL: the personal code of somebody, chosen for the number `i`."""
        return f"pg_temp.person({self.pick(i, purpose, self.people)})"


@dataclass(frozen=True, slots=True)
class Rows:
    """So many rows of one table: an SQL expression for each column, of the counter `i` that begins with 0."""

    table: str
    count: int
    values: Mapping[str, str]

    def sql(self) -> str:
        """The INSERT that makes them."""
        columns = ", ".join(map(quoted, self.values))
        made = ", ".join(self.values.values())
        return (
            f"insert into {quoted(self.table)} ({columns})"  # noqa: S608
            f" select {made} from generate_series(0::bigint, {self.count - 1}) i"
        )
