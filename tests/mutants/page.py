"""What docs/mutants.md says of each judging module, and of each mutant that no test notices."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from drill import checks

_CHECKS = Path(checks.__file__).parent
# In the order in which they are tried; a new check is among them.
MODULES = (
    *("ledger", "fates", "proofs", "evidence", "digest", "timeline", "phases", "measures", "spread"),
    *("verdict", "result", "judge", "verified", "seals", "moment", "cluster_findings", "sites/segments"),
    *sorted(f"checks/{path.stem}" for path in _CHECKS.glob("*.py")),
)
BOUND = 95.0  # per cent of a module's mutants that must be noticed
HEAD = "| module | mutants | noticed | left | noticed |\n|---|---|---|---|---|"
UNEXPLAINED = "not explained"
_TABLE, _LIST = "\n## What was tried\n", "\n## What is left, and why\n"
_ROW = re.compile(r"^\| `([\w/]+)` \| (\d+) \| (\d+) \|", re.M)
_MODULE = re.compile(r"^### `([\w/]+)`$")
_LEFT = re.compile(r"^- (`.*` → `.*`): (.+)$")


@dataclass(frozen=True, slots=True)
class Row:
    made: int
    noticed: int

    @property
    def share(self) -> float:
        """Per cent."""
        return 100 * self.noticed / max(self.made, 1)


def row(name: str, of: Row) -> str:
    """A line of the table."""
    return f"| {name} | {of.made} | {of.noticed} | {of.made - of.noticed} | {of.share:.1f} % |"


@dataclass(frozen=True, slots=True)
class Page:
    """`left` is by module and mutant: the reason why nobody need notice it."""

    opening: str
    rows: Mapping[str, Row]
    left: Mapping[tuple[str, str], str]

    @classmethod
    def read(cls, text: str) -> Self:
        opening, _, rest = text.partition(_TABLE)
        table, _, listed = rest.partition(_LIST)
        rows = {name: Row(int(made), int(noticed)) for name, made, noticed in _ROW.findall(table)}
        left, module = dict[tuple[str, str], str](), ""
        for line in listed.splitlines():
            if found := _MODULE.match(line):
                module = found[1]
            elif found := _LEFT.match(line):
                left[module, found[1]] = found[2]
        return cls(opening, rows, left)

    def reason(self, module: str, mutant: str) -> str:
        return self.left.get((module, mutant), UNEXPLAINED)

    def explains(self, module: str, mutant: str) -> bool:
        return self.reason(module, mutant) != UNEXPLAINED

    def renewed(self, rows: Mapping[str, Row], left: Iterable[tuple[str, str]]) -> Self:
        """With what came out of some modules now; all else, and every reason, as it was."""
        others = {key: why for key, why in self.left.items() if key[0] not in rows}
        found = {(module, mutant): self.reason(module, mutant) for module, mutant in left}
        every = {**self.rows, **rows}
        return replace(self, rows={m: every[m] for m in MODULES if m in every}, left={**others, **found})

    @property
    def text(self) -> str:
        total = Row(sum(r.made for r in self.rows.values()), sum(r.noticed for r in self.rows.values()))
        table = [row(f"`{module}`", each) for module, each in self.rows.items()]
        parts = [self.opening.rstrip("\n"), _TABLE, HEAD, *table, row("in all", total), _LIST.rstrip("\n")]
        parts += [] if self.left else ["\nNothing."]
        for module in MODULES:
            lines = [f"- {mutant}: {why}" for (of, mutant), why in self.left.items() if of == module]
            parts += [f"\n### `{module}`\n", *lines] if lines else []
        return "\n".join(parts) + "\n"
