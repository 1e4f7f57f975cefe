"""The judge is judged: change the judging code in one place at a time, and see whether a unit test notices.

python -m tests.mutants [MODULE...]

Mutmut's own runner leaves properties and constants alone, and with them the exit code, every bound and the lists of
checks. So the operators are mutmut's, and the running is done here. With DRILL_WRITE_DOCS=1 what came out is written
into docs/mutants.md.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.mutants.making import PROGRAM, Mutant, mutants
from tests.mutants.page import BOUND, HEAD, MODULES, Page, Row, row
from tests.mutants.trying import Trial

PAGE = PROGRAM.parent / "docs" / "mutants.md"


class Count:
    """What was tried, and what no test noticed."""

    def __init__(self, modules: Sequence[str]) -> None:
        self._modules = modules
        self._page = Page.read(PAGE.read_text(encoding="utf-8"))
        self._rows: dict[str, Row] = {}
        self._survived: list[Mutant] = []
        self._screen = os.fdopen(os.dup(1), "w")  # the tests' own output goes nowhere

    def work(self, trial: Trial) -> None:
        """A row of the table for each module, as soon as it is known."""
        self._say(HEAD)
        for module in self._modules:
            each = list(mutants(module))
            left = [mutant for mutant in each if not self._noticed(trial, mutant)]
            self._rows[module] = Row(len(each), len(each) - len(left))
            self._survived += left
            self._say(row(f"`{module}`", self._rows[module]))

    def _noticed(self, trial: Trial, mutant: Mutant) -> bool:
        noticed = trial.noticed(mutant)
        if not noticed:
            self._say(f"{mutant.module}:{mutant.line}: {mutant}: {self._page.reason(mutant.module, str(mutant))}")
        return noticed

    def write(self) -> None:
        """Into the page, with the reasons that it has."""
        survivors = [(mutant.module, str(mutant)) for mutant in self._survived]
        PAGE.write_text(self._page.renewed(self._rows, survivors).text, encoding="utf-8")

    @property
    def fine(self) -> bool:
        """Is every survivor explained, and are there few of them in each module?"""
        explained = all(self._page.explains(mutant.module, str(mutant)) for mutant in self._survived)
        return explained and all(each.share >= BOUND for each in self._rows.values())

    def _say(self, line: str) -> None:
        print(line, file=self._screen, flush=True)


def main() -> int:
    """0 when every survivor is explained, and no module has many."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", default=MODULES, metavar="MODULE", help="such as fates or checks/content")
    count = Count(parser.parse_args().modules)
    with _silence():
        Trial(count.work).run()
    if os.environ.get("DRILL_WRITE_DOCS") == "1":
        count.write()
    return int(not count.fine)


@contextmanager
def _silence() -> Iterator[None]:
    """What the tests print meanwhile, also in other processes, goes nowhere."""
    kept = os.dup(1), os.dup(2)
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept[0], 1)
        os.dup2(kept[1], 2)


if __name__ == "__main__":
    sys.exit(main())
