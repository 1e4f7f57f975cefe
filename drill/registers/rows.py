"""The rows a register begins with: made by the server from a counter and a hash, the same for the same seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from drill.digest import quoted


def nth(words: Sequence[str], index: str) -> str:
    """SQL: the word at that index, counted from 0."""
    listed = ", ".join("'" + word.replace("'", "''") + "'" for word in words)
    return f"(array[{listed}])[1 + {index}]"


def json_of(**parts: str) -> str:
    """SQL: a jsonb object with an expression for each name."""
    listed = ", ".join(f"'{name}', {made}" for name, made in parts.items())
    return f"jsonb_build_object({listed})"


def spaced(*parts: str) -> str:
    """SQL: these texts with spaces between them."""
    return " || ' ' || ".join(parts)


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
        return nth(words, self.pick(i, purpose, len(words)))

    def moment(self, i: str, purpose: int) -> str:
        """SQL: a timestamp of the years 2020 to 2025."""
        return f"timestamptz '2020-01-01 00:00:00Z' + {self.pick(i, purpose, 189302400)} * interval '1 second'"

    def day(self, i: str, purpose: int) -> str:
        """SQL: a date of the years 2000 to 2025."""
        return f"date '2000-01-01' + {self.pick(i, purpose, 9497)}::int"

    def euros(self, i: str, purpose: int, below: int) -> str:
        """SQL: an amount with cents."""
        return f"{self.pick(i, purpose, below * 100)} / 100.0"

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
