"""What a citizen does in a register: one statement that does the work and leaves its receipt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from drill.digest import of_change, sum_of_change
from drill.evidence import Structure

RECEIPTS = "drill.receipt"


@dataclass(frozen=True, slots=True)
class Step:
    """One INSERT or UPDATE of a table of the schema public, without its RETURNING.

    `keep` names what later steps of the same statement read from it, by the step's name. Later steps see the tables as
    they were before the statement, so what one must know of the other goes through `keep`.
    """

    name: str
    table: str
    statement: str
    keep: str = ""

    @property
    def rights(self) -> tuple[str, ...]:
        """What its role must be allowed to do with the table."""
        words = self.statement.lower()
        verbs = [verb for verb, sign in (("insert", "insert into"), ("update", "update ")) if sign in words]
        return ("select", *verbs)


@dataclass(frozen=True)
class StateTransaction:
    """One kind of business. `first` are expressions that are computed before the steps: numbers from sequences."""

    name: str
    steps: tuple[Step, ...]
    parameters: Callable[[Random, int], Sequence[str]]
    first: str = ""  # "drawn as (select ...)"
    reads: tuple[str, ...] = ()  # tables that are read and not changed

    def sql(self, structure: Structure) -> str:
        """One statement; returns (table, rows, sum, sum) for each table it changed."""
        parts = [self.first] if self.first else []
        parts += [of_change(structure.columns[_qualified(s)], s.statement, s.name, s.keep) for s in self.steps]
        steps = " union all ".join(
            f"select '{_qualified(step)}' as relation, {sum_of_change(step.name)} from {step.name}"  # noqa: S608
            for step in self.steps
        )
        return (
            f"with {', '.join(parts)}, change as (select relation, sum(rows)::int as rows, sum(one) as one,"  # noqa: S608
            f" sum(two) as two from ({steps}) each group by relation),"
            f" receipt as (insert into {RECEIPTS} (citizen, number, relation, rows, one, two)"
            " select $1::int, $2::int, relation, rows, one, two from change returning relation, rows, one, two)"
            " select relation, rows, one::text, two::text from receipt"
        )

    def draw(self, random: Random, people: int) -> Sequence[str]:
        """The parameters from $3 on."""
        return self.parameters(random, people)


def _qualified(step: Step) -> str:
    return f"public.{step.table}"
