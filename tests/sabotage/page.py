"""The page that tells what was done to copies, what everybody's tools said of it, and what this program said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from drill.verdict import Verdict
from tests.sabotage.damage import Damage
from tests.sabotage.every import EVERY, GROUPS
from tests.sabotage.harmless import HARMLESS

PAGE = Path(__file__).parents[2] / "docs" / "sabotage.md"
ANEW = "make sabotage"
_TOOLS = ("pg_verifybackup", "start", "pg_amcheck", "pg_dump")
_NAMES = {"start": "start, load", **{tool: f"`{tool}`" for tool in _TOOLS if tool.startswith("pg")}}
_LONGEST = 110  # letters of one cell
_HEAD = f"""\
# Sabotage

What is done to clean copies of a real server, what everybody's tools say of the same copy, and what `drill verify`
says. Written by the tests from one whole run, never by hand: `{ANEW}`

Each clean copy must be met first. Then the damage is done with what anybody has (`dd`, `rm`, `cp`, an editor, `psql`),
and the copy is brought back by PostgreSQL's own programs alone, where a query proves that the damage is there and does
harm. Only then is `drill verify` asked: it must say *missed*, by the check that is named here and for that reason.
Where nobody can tell, it must say *unknown*, and never *met*.

`pg_verifybackup` is asked where there is a manifest. *start, load* is PostgreSQL's own start on the copy, with its log,
or `psql -f` and `pg_restore`. `pg_amcheck` looks with `--heapallindexed --rootdescend --checkunique`, and `pg_dump`
writes to nowhere. A dash: it could not be asked. *silent*: it ended with 0.
"""


@dataclass(frozen=True)
class Told:
    """What came out of one damage."""

    damage: Damage
    tools: Mapping[str, str]  # "" where one had nothing to say, "-" where it could not be asked
    drill: Sequence[str]


def listed() -> list[str]:
    """The names that the page holds, in its order."""
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    names = [row.strip("| ").split(" | ")[0] for row in rows]
    return [name for name in names if name not in ("damage", "difference", "---")]


def page(told: Mapping[str, Told]) -> str:
    """All of it. Each damage must have been told of."""
    parts = [_HEAD, _counts([told[damage.name] for damage in EVERY if damage.due])]
    for title, damages in GROUPS.items():
        parts += [f"## {title}\n", _table("damage", [told[damage.name] for damage in damages])]
    parts += ["## What harms nobody\n", "Each of these copies is met.\n"]
    parts += [_table("difference", [told[damage.name] for damage in HARMLESS])]
    return "\n".join(parts)


def _counts(all_of_it: Sequence[Told]) -> str:
    silent = [each for each in all_of_it if not any(each.tools.get(tool, "-").strip("-") for tool in _TOOLS)]
    missed = sum(each.damage.verdict is Verdict.MISSED for each in all_of_it)
    kinds = len({each.damage.of for each in all_of_it})
    lines = [f"{len(all_of_it)} damages to {kinds} kinds of copies. So many were noticed, where it could be asked:\n"]
    for tool in _TOOLS:
        asked = [each.tools[tool] for each in all_of_it if each.tools.get(tool, "-") != "-"]
        lines.append(f"- {_NAMES[tool]}: {sum(map(bool, asked))} of {len(asked)}")
    lines.append(f"- none of the four said anything of {len(silent)}")
    lines.append(f"- `drill verify`: all, {missed} missed and {len(all_of_it) - missed} unknown")
    return "\n".join(lines) + "\n"


def _table(what: str, rows: Sequence[Told]) -> str:
    return "\n".join(_lines(what, rows)) + "\n"


def _lines(what: str, rows: Sequence[Told]) -> Iterator[str]:
    yield f"| {what} | copy | pg_verifybackup | start, load | pg_amcheck | pg_dump | drill |"
    yield "|---|---|---|---|---|---|---|"
    for each in rows:
        tools = [_cell(each.tools.get(tool, "-") or "silent") for tool in _TOOLS]
        said = "; ".join(map(_cell, each.drill)) or "met"
        yield " ".join(["|", " | ".join([each.damage.name, str(each.damage.of), *tools, said]), "|"])


def _cell(said: str) -> str:
    """In one line, without what is of one machine: of a path only its last name."""
    said = re.sub(r"(?<![\w.])/(?:[\w.+-]+/)*([\w.+-]+)", r"\1", " ".join(said.split()))
    said = said if len(said) <= _LONGEST else f"{said[:_LONGEST].rstrip()} ..."
    return said.replace("|", "\\|").replace("<", "&lt;")
