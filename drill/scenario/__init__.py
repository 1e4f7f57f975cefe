"""A scenario file, read once and checked whole before anything is started."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import BaseModel, Discriminator, Field, PrivateAttr, Tag, ValidationError

from drill.citizens.office import Office
from drill.copies import AnyCopy
from drill.dumpfile import DumpFile, globals_at
from drill.errors import CannotRun, ScenarioError
from drill.link import Link
from drill.objectives import OWN_DATA, PRIORITY, Duration, Objectives, RegisterName
from drill.outages import AnyOutage
from drill.parts import Drill, Serve
from drill.recoveries import AnyRecovery
from drill.response import Response

if TYPE_CHECKING:
    from drill.sites.site import Site
    from drill.verdict import Expected, Manner

_HINT = "`drill schema` shows what can be written, `drill new NAME` writes a sample"


def _shape(value: object) -> str:
    return "word" if isinstance(value, str) else "mapping" if isinstance(value, dict | BaseModel) else "list"


Registers = Annotated[
    Annotated[Literal["all"], Tag("word")] | Annotated[tuple[RegisterName, ...], Field(min_length=1), Tag("list")],
    Discriminator(_shape),
]
Missed = Annotated[
    Annotated[Literal["all", "some"], Tag("word")]
    | Annotated[tuple[Literal[RegisterName, "drill"], ...], Field(min_length=1), Tag("list")],
    Discriminator(_shape),
]


class InManner(BaseModel, frozen=True, extra="forbid"):
    """Registers that must miss, and how, so that a drill that broke in some other way does not pass for it."""

    registers: Missed
    because: Annotated[str | None, Field(min_length=3, description="Words of what the check must find")] = None
    between: Annotated[
        tuple[Duration, Duration] | None, Field(description="The least and the most that it must measure")
    ] = None


Missing = Annotated[
    Annotated[Literal["all", "some"], Tag("word")]
    | Annotated[tuple[Literal[RegisterName, "drill"], ...], Field(min_length=1), Tag("list")]
    | Annotated[InManner, Tag("mapping")],
    Discriminator(_shape),
]


class Promised(Objectives):
    """The objectives of every register, but for those that have their own."""

    registers: dict[RegisterName, Objectives] = Field(default={})


_File = Annotated[str, Field(min_length=1, max_length=1000)]


class Home(BaseModel, frozen=True, extra="forbid"):
    """Somebody's own data, which home gets as one more register: `own_data`."""

    load: Annotated[_File, Field(description="What pg_dump wrote: plain SQL, custom, directory or tar")]
    globals: Annotated[_File | None, Field(description="Its roles: pg_dumpall --globals-only")] = None

    def beside(self, folder: Path) -> Self:
        """The same with whole paths; relative ones begin in that folder."""
        roles = None if self.globals is None else str(folder.absolute() / self.globals)
        return self.model_copy(update={"load": str(folder.absolute() / self.load), "globals": roles})

    @property
    def dump(self) -> DumpFile:
        """What lies there; CannotRun where it is no longer what it was when the scenario was read."""
        try:
            return DumpFile.recognised(Path(self.load))
        except ValueError as changed:
            hint = "it was right when the scenario was read: who writes to it?"
            raise CannotRun(str(changed), hint=hint) from changed

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """By key, why its file is not what it should be."""
        try:
            DumpFile.recognised(Path(self.load))
        except ValueError as wrong:
            yield "load", str(wrong)
        try:
            if self.globals is not None:
                globals_at(Path(self.globals))
        except ValueError as wrong:
            yield "globals", str(wrong)


class Scenario(BaseModel, frozen=True, extra="forbid"):
    """What exists, what happens, what is expected. Not where it runs."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    people: Annotated[int, Field(ge=100, le=10_000_000)] = 13_000
    seed: Annotated[int, Field(ge=0, le=2_147_483_647)] = 1
    registers: Registers = "all"
    home: Home | None = None
    link: Annotated[Link | None, Field(description="How far apart the sites are; left out, as near as the machine")] = (
        None
    )
    copies: Annotated[tuple[AnyCopy, ...], Field(min_length=1)]
    citizens: Office = Office()
    calm: Duration = 5.0
    outage: AnyOutage
    response: Response
    recovery: AnyRecovery
    serve: Serve = Serve.AFTER_GATE
    objectives: Promised
    expect_missed: dict[str, Missing] = Field(default={}, description="By check: exactly these registers must miss")
    _overridden: tuple[str, ...] = PrivateAttr(default=())

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file. Raises ScenarioError with one line `file:line:col: what is wrong` for each mistake."""
        try:
            content = path.read_bytes()
        except (OSError, ValueError) as wrong:  # ValueError: a NUL in the path
            reason = wrong.strerror if isinstance(wrong, OSError) and wrong.strerror else str(wrong)
            hint = "give the path of a scenario, or the name of one that `drill list` shows"
            raise ScenarioError(f"{path}: {reason}", hint=hint) from wrong
        return cls.read(content, named=str(path))

    @classmethod
    def read(cls, text: bytes, *, named: str) -> Self:
        """As `load`, from the bytes of a file that messages call `named`."""
        from drill.scenario.mistakes import mistakes_of, told
        from drill.scenario.rules import broken_rules
        from drill.scenario.text import Mistake, Place, UnreadableText, read

        try:
            placed = read(text)
            if not isinstance(placed.content, dict):
                what = "the file is empty" if placed.content is None else "a scenario is a mapping of keys to values"
                raise UnreadableText([Mistake(Place(), what)])
            scenario = cls.model_validate_json(json.dumps(placed.content), strict=True)._beside(Path(named).parent)
            mistakes = broken_rules(scenario, placed)
        except UnreadableText as unreadable:
            mistakes = unreadable.mistakes
        except ValidationError as invalid:
            mistakes = mistakes_of(invalid, placed)
        if mistakes:
            raise ScenarioError(told(mistakes, named), hint=_HINT)
        return scenario

    @property
    def register_names(self) -> tuple[str, ...]:
        """The registers of this drill in the order in which they are recovered."""
        if self.registers != "all":
            return self.registers
        return PRIORITY if self.home is None else (*PRIORITY, OWN_DATA)

    def _beside(self, folder: Path) -> Self:
        return self if self.home is None else self.model_copy(update={"home": self.home.beside(folder)})

    @property
    def objectives_by_register(self) -> Mapping[str, Objectives]:
        """What is promised for each register of this drill."""
        promised = self.objectives
        general = Objectives.model_construct(rto=promised.rto, rpo=promised.rpo)
        own: dict[str, Objectives] = {str(name): objectives for name, objectives in promised.registers.items()}
        return {name: own.get(name, general) for name in self.register_names}

    @property
    def expected(self) -> Expected:
        """By check: the registers that must miss."""
        return {check: x if isinstance(x, str) else frozenset(x) for check, x in self.missing.items()}

    @property
    def missing(self) -> Mapping[str, tuple[str, ...] | Literal["all", "some"]]:
        """The same as it is written."""
        return {check: x.registers if isinstance(x, InManner) else x for check, x in self.expect_missed.items()}

    @property
    def manners(self) -> Mapping[str, Manner]:
        """By check: how they must miss, where the scenario says it."""
        from drill.verdict import Manner

        given = {check: x for check, x in self.expect_missed.items() if isinstance(x, InManner)}
        return {check: Manner(x.because or "", *(x.between or (None, None))) for check, x in given.items()}

    @property
    def overridden(self) -> tuple[str, ...]:
        """What the command line changed: of people, seed, rto, rpo."""
        return self._overridden

    def with_overrides(
        self, people: int | None = None, seed: int | None = None, rto: float | None = None, rpo: float | None = None
    ) -> Self:
        """The same with other numbers; an objective given here holds for every register. Raises ScenarioError."""
        changes = {"people": people, "seed": seed, "rto": rto, "rpo": rpo}
        given = {name: value for name, value in changes.items() if value is not None}
        if not given:
            return self
        written = self.model_dump(mode="json", by_alias=True)
        written |= {name: given[name] for name in ("people", "seed") if name in given}
        promised = written["objectives"]
        for objectives in (promised, *promised["registers"].values()):
            objectives |= {name: f"{given[name]:.9f}s" for name in ("rto", "rpo") if name in given}
        try:
            changed = type(self).model_validate_json(json.dumps(written), strict=True)
        except ValidationError as invalid:
            said = "\n".join(f"--{e['loc'][-1]} {e['input']}: {e['msg']}" for e in invalid.errors())
            raise ScenarioError(said, hint="`drill run --help` says what the options take") from invalid
        changed._overridden = tuple(dict.fromkeys((*self._overridden, *given)))
        return changed

    def at(self, home: Site, embassy: Site) -> Drill:
        """Choose every part of the drill at these two sites; nothing is started."""
        from drill.scenario.playable import drill_of  # heavy (SQLAlchemy, psycopg): not needed to validate

        return drill_of(self, home, embassy)
