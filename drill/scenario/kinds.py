"""What can be written in a scenario: the kinds of each family and the names of the checks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel

from drill.copies import AnyCopy
from drill.outages import AnyOutage
from drill.recoveries import AnyRecovery


def families() -> Mapping[str, Mapping[str, type[BaseModel]]]:
    """By family and kind: the model that holds the kind's settings."""
    unions = {"copies": AnyCopy, "outages": AnyOutage, "recoveries": AnyRecovery}
    return {family: {_kind(model): model for model in _members(union)} for family, union in unions.items()}


def check_names() -> Mapping[str, str]:
    """By name of a check: the first sentence it says about itself."""
    from drill import checks

    return {check.__name__: _opening(check) for check in checks.ALL}


def purpose(model: type[BaseModel]) -> str:
    """The first sentence that a kind's file says about itself."""
    return _opening(model)


def _members(union: Any) -> tuple[type[BaseModel], ...]:
    """The models of `Annotated[A | B, ...]`, of `A | B`, or of a single `A`."""
    if isinstance(union, type):
        return (union,)
    return tuple(model for each in get_args(union) for model in ([each] if isinstance(each, type) else _members(each)))


def _kind(model: type[BaseModel]) -> str:
    return str(get_args(model.model_fields["kind"].annotation)[0])


def _opening(thing: Any) -> str:
    """First line of its own docstring, else of its module's."""
    from inspect import getmodule

    for text in (thing.__doc__, getattr(getmodule(thing), "__doc__", None)):
        if text and text.strip():
            return str(text).strip().splitlines()[0]
    return ""
