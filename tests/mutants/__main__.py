"""The judge is judged: change the judging code in one place at a time, and see whether a unit test notices.

python -m tests.mutants [MODULE...]

Mutmut's own runner leaves properties and constants alone, and with them the exit code, every bound and the lists of
checks. So the operators are mutmut's, and the running is done here.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.mutants.making import PROGRAM, Mutant, mutants
from tests.mutants.trying import Trial

EXPLAINED = PROGRAM.parent / "docs" / "mutants.md"
CHECKS = (
    *("agreement", "constraints", "content", "data_loss", "indexes", "outage", "receipts", "recovery_time"),
    *("sequences", "single_home", "undisturbed", "write_and_read_back", "__init__"),
)
MODULES = (
    *(f"checks/{name}" for name in CHECKS),
    *("fates", "ledger", "proofs", "phases", "measures", "digest", "timeline", "verdict", "judge", "result"),
)


class Count:
    """What was tried, and what no test noticed."""

    def __init__(self, modules: Sequence[str]) -> None:
        self._modules = modules
        self._explained = EXPLAINED.read_text(encoding="utf-8") if EXPLAINED.exists() else ""
        self._survived: list[Mutant] = []
        self._screen = os.fdopen(os.dup(1), "w")  # the tests' own output goes nowhere

    def work(self, trial: Trial) -> None:
        """A row of the table for each module, as soon as it is known."""
        self._say("| module | mutants | killed | survived | killed |\n|---|---|---|---|---|")
        made = 0
        for module in self._modules:
            each = list(mutants(module))
            left = [mutant for mutant in each if not trial.noticed(mutant)]
            self._row(f"`{module}`", len(each), len(left))
            self._survived += left
            made += len(each)
        self._row("in all", made, len(self._survived))

    def tell(self) -> None:
        for mutant in self._survived:
            known = "" if self._surprising(mutant) else " (explained)"
            self._say(f"{mutant.module}:{mutant.line}: {mutant}{known}")

    @property
    def surprises(self) -> int:
        """How many survivors docs/mutants.md does not explain."""
        return sum(map(self._surprising, self._survived))

    def _surprising(self, mutant: Mutant) -> bool:
        return str(mutant) not in self._explained

    def _row(self, name: str, made: int, left: int) -> None:
        self._say(f"| {name} | {made} | {made - left} | {left} | {100 * (made - left) / max(made, 1):.1f} % |")

    def _say(self, line: str) -> None:
        print(line, file=self._screen, flush=True)


def main() -> int:
    """0 when every survivor is explained."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", default=MODULES, metavar="MODULE", help="such as fates or checks/content")
    count = Count(parser.parse_args().modules)
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    Trial(count.work).run()
    count.tell()
    return int(count.surprises > 0)


if __name__ == "__main__":
    sys.exit(main())
