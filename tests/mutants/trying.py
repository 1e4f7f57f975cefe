"""Whether the unit tests notice a mutant, each in a process of its own. Nothing is written to disk."""

from __future__ import annotations

import gc
import inspect
import os
import resource
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial, reduce
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.mutants.making import PROGRAM, Mutant

# Where a wrong judgement may be noticed; what is quick comes first.
TESTS = (
    *("verdict", "judgements", "structures", "bounds", "time_taken", "sentences", "summaries", "proofs", "agreement"),
    *("shared", "cluster_findings", "cluster_files", "nonces"),
    *("regression", "content", "objects", "verified", "moment", "doubts", "doubts_of_catalogues", "fates"),
    *("fence_states", "checks", "digest", "soundness", "measures", "pauses", "phases_by_second", "evidence", "wal"),
    *("segments", "trail", "spread", "run", "response", "undisturbed"),
)
_CPU_SECONDS, _MEMORY = 60, 4 << 30  # what runs away is ended: that, too, is noticed
_NEAR = 3  # files that are tried before all others are imported
_BROKEN = 99  # how a process ends in which the mutant could not be put in place
# Without what the other tests stand on: servers and an engine, which take their time to import.
_OPTIONS = (
    *("-x", "-q", "-s", "--assert=plain", "--noconftest"),
    *("-p", "no:cacheprovider", "-o", "tmp_path_retention_policy=none"),
)


class Trial:
    """A pytest session that has collected the tests, and instead of running them calls `work`, which tries mutants."""

    def __init__(self, work: Callable[[Trial], None]) -> None:
        self._work = work
        self._failed: list[str] = []
        self._by_function: dict[tuple[str, str], list[pytest.Item]] = {}

    def run(self) -> None:
        """Returns when the work is done; AssertionError when the tests fail without a mutant."""
        steady: dict[str, Any] = {"derandomize": True, "database": None, "deadline": None, "max_examples": 30}
        phases = (Phase.explicit, Phase.generate)  # it is enough that a test fails: no smaller example is looked for
        settings.register_profile("mutants", phases=phases, suppress_health_check=list(HealthCheck), **steady)
        settings.load_profile("mutants")
        code = pytest.main([*_OPTIONS, *_files()], plugins=[self])
        assert code == 0, f"the tests fail without a mutant, or some did not come to be run: {', '.join(self._failed)}"

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._by_function = _callers(session)
        if not session.testsfailed:
            gc.freeze()  # children share what is there already
            self._work(self)
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._failed.append(report.nodeid)

    def noticed(self, mutant: Mutant) -> bool:
        """Does a test fail? A changed function is tried by the tests that call it; anything else by all of them."""
        items = self._by_function.get((str(mutant.path), mutant.owner), [])
        if not mutant.owner or (not items and self._made_a_function(mutant)):
            return _apart(partial(_anew, mutant, self._near(mutant)))
        return bool(items) and _apart(partial(_patched, mutant, items))

    def _made_a_function(self, mutant: Mutant) -> bool:
        """Did the changed function run when its module was imported, and leave a function that is called now?"""
        made = f"{mutant.owner}.<locals>."
        return any(path == str(mutant.path) and name.startswith(made) for path, name in self._by_function)

    def _near(self, mutant: Mutant) -> list[str]:
        """The files whose tests call the changed module most, where it will be noticed first; the quick ones first."""
        calls = Counter(
            str(item.path)
            for (path, _), items in self._by_function.items()
            for item in items
            if path == str(mutant.path)
        )
        most = {file for file, _ in calls.most_common(_NEAR)}
        return [file for file in _files() if file in most]


def _files() -> list[str]:
    return [str(PROGRAM.parent / "tests" / "unit" / f"test_{name}.py") for name in TESTS]


def _callers(session: pytest.Session) -> dict[tuple[str, str], list[pytest.Item]]:
    """Which tests call each function of the program, the quick ones first."""
    took: dict[pytest.Item, float] = {}
    called: dict[tuple[str, str], set[pytest.Item]] = defaultdict(set)
    for item in session.items:
        began = time.perf_counter()
        with _watching() as codes:
            _protocol(item)
        took[item] = time.perf_counter() - began
        for code in codes:
            called[code.co_filename, code.co_qualname].add(item)
    return {function: sorted(items, key=took.__getitem__) for function, items in called.items()}


@contextmanager
def _watching() -> Iterator[set[CodeType]]:
    """The code of the program that is called meanwhile."""
    codes: set[CodeType] = set()

    def called(frame: FrameType, what: str, _: object) -> None:
        if what == "call" and frame.f_code.co_filename.startswith(str(PROGRAM)):
            codes.add(frame.f_code)

    sys.setprofile(called)
    try:
        yield codes
    finally:
        sys.setprofile(None)


def _protocol(item: pytest.Item) -> None:
    item.ihook.pytest_runtest_protocol(item=item, nextitem=None)


def _apart(prepared: Callable[[], Callable[[], bool]]) -> bool:
    """Is a mutant noticed, in a process of its own? True also when it kills that process, or breaks it."""
    child = os.fork()
    if child == 0:
        code = _BROKEN
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
            resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
            test = prepared()
            code = 1
            code = int(test())
        finally:
            os._exit(code)
    ended = os.waitpid(child, 0)[1]
    if os.waitstatus_to_exitcode(ended) == _BROKEN:
        raise RuntimeError("a mutant could not be put in place, so nothing is known of it")
    return ended != 0


def _patched(mutant: Mutant, items: Sequence[pytest.Item]) -> Callable[[], bool]:
    """With the code of one function replaced, until a test fails."""
    whole = compile(mutant.source, str(mutant.path), "exec", dont_inherit=True)
    _function(sys.modules[mutant.name], mutant.owner).__code__ = _code(whole, mutant.owner)
    return lambda: any(_fails(item) for item in items)


def _fails(item: pytest.Item) -> bool:
    _protocol(item)
    return item.session.testsfailed > 0


def _function(module: object, owner: str) -> Any:
    """The function itself, below property, classmethod and contextmanager."""
    *within, name = owner.split(".")
    found: Any = vars(reduce(getattr, within, module))[name]
    found = getattr(found, "fget", None) or getattr(found, "__func__", found)
    return inspect.unwrap(found)


def _code(whole: CodeType, owner: str) -> CodeType:
    inner = [code for code in whole.co_consts if isinstance(code, CodeType)]
    within = next(code for code in inner if f"{owner}.".startswith(f"{code.co_qualname}."))
    return within if within.co_qualname == owner else _code(within, owner)


def _anew(mutant: Mutant, near: Sequence[str]) -> Callable[[], bool]:
    """With the changed module imported in place of the real one, and the program and the tests imported anew."""
    for name in [n for n in sys.modules if n.partition(".")[0] == "drill" or n.startswith(("tests.unit", "tests.fix"))]:
        del sys.modules[name]
    sys.modules.pop("tests.conftest", None)
    sys.meta_path.insert(0, _Instead(mutant))
    rounds = [near, [file for file in _files() if file not in near]]
    return lambda: any(pytest.main([*_OPTIONS, *files]) != 0 for files in rounds if files)


class _Instead(SourceFileLoader):
    """Imports one module from a text instead of from its file."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant
        super().__init__(mutant.name, str(mutant.path))

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        inside = [str(Path(self.path).parent)] if Path(self.path).stem == "__init__" else None
        found = spec_from_file_location(name, self.path, loader=self, submodule_search_locations=inside)
        return found if name == self.name else None

    def get_code(self, fullname: str) -> CodeType:
        return compile(self._mutant.source, self.path, "exec", dont_inherit=True)
