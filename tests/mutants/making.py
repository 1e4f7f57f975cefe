"""Mutants: a module of the program, changed in one place by one of mutmut's operators."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators

PROGRAM = Path(__file__).parents[2] / "drill"
_SILENT = cst.Annotation | cst.Decorator | cst.Import | cst.ImportFrom  # nothing of these is done when it runs


@dataclass(frozen=True, slots=True)
class Mutant:
    module: str  # such as checks/content
    owner: str  # the function or method that is changed; empty where it is something else
    line: int
    before: str  # the first line that differs, as it was
    after: str
    source: str  # of the whole module

    def __str__(self) -> str:
        return f"`{self.before}` → `{self.after}`"

    @property
    def name(self) -> str:
        """The module's name, as it is imported."""
        return ".".join(("drill", *self.module.split("/"))).removesuffix(".__init__")

    @property
    def path(self) -> Path:
        return path_of(self.module)


def path_of(module: str) -> Path:
    return PROGRAM / f"{module}.py"


def mutants(module: str) -> Iterator[Mutant]:
    """Each way to change one place of a module."""
    code = path_of(module).read_text(encoding="utf-8")
    whole = MetadataWrapper(cst.parse_module(code), unsafe_skip_copy=True)
    ranges = whole.resolve(PositionProvider)
    for node, owner in _places(whole.module, ""):
        for kind, operator in mutation_operators:
            for other in operator(node) if isinstance(node, kind) else ():
                source = whole.module.deep_replace(node, other).code
                before, after = _difference(code, source)
                if before != after and _compiles(source):
                    yield Mutant(module, owner, ranges[node].start.line if node in ranges else 0, before, after, source)


def _compiles(source: str) -> bool:
    try:
        compile(source, "a mutant", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True


def _places(node: Any, owner: str) -> Iterator[tuple[Any, str]]:
    """Every node that does something when the program runs, with the function that it is in."""
    if isinstance(node, _SILENT) or _is_type(node):
        return
    if not (isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == "len"):
        yield node, owner  # len of None, or of nothing, would tell nothing
    if isinstance(node, cst.ClassDef):
        for part in node.body.body:
            yield from _in_class(part, node.name.value)
    elif isinstance(node, cst.FunctionDef) and not owner:
        yield from _in_function(node, node.name.value)
    else:
        for child in node.children:
            yield from _places(child, owner)


def _in_class(part: Any, name: str) -> Iterator[tuple[Any, str]]:
    if isinstance(part, cst.FunctionDef):
        yield from _in_function(part, f"{name}.{part.name.value}")
    else:
        yield from _places(part, "")


def _in_function(function: cst.FunctionDef, name: str) -> Iterator[tuple[Any, str]]:
    """Its defaults belong to whoever defines it."""
    yield from _places(function.params, "")
    yield from _places(function.body, name)


def _is_type(node: Any) -> bool:
    """A name for a type, such as `Key = tuple[str, int, int]`; also the names for `import *`."""
    if not isinstance(node, cst.Assign) or not isinstance(target := node.targets[0].target, cst.Name):
        return False
    return target.value == "__all__" or (isinstance(node.value, cst.Subscript) and target.value.istitle())


def _difference(code: str, source: str) -> tuple[str, str]:
    pairs = zip_longest(code.splitlines(), source.splitlines(), fillvalue="")
    return next(((a.strip(), b.strip()) for a, b in pairs if a.strip() != b.strip()), ("", ""))
