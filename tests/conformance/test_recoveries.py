"""What every recovery must do with every kind of copy it can use, on every kind of host: bring back, or say why not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any, get_args

import pytest

from drill.clock import wait_until
from drill.errors import StepFailed
from drill.evidence import Seal
from drill.hosts.process import ProcessHost
from drill.parts import Copy, KeptCopy, Recovery, Version
from drill.probes.survey import Surveyor
from drill.recoveries import AnyRecovery
from drill.registers import ALL
from drill.scenario.kinds import families
from tests.fix_pair import Pair, pair

__all__ = ["pair"]  # a fixture

_COPIES, _KINDS = families()["copies"], families()["recoveries"]
_NEEDED: dict[str, object] = {"name": "the copy", "every": "300ms", "from": "the copy"}  # settings without a default
_SLOW: dict[str, dict[str, object]] = {"archive": {"restore_point_every": "1h"}}  # else one might date home's work
# By recovery: the settings that ask for what knows nothing of home's work, and the version that this is.
_EARLIER: dict[str, tuple[dict[str, object], str]] = {
    "replay": ({"to": {"restore_point": "the copy-1"}}, "the copy-1"),
    "restore": ({"version": "dump-1"}, "dump-1"),
}
_TRIED = [(kind, source) for kind, model in _KINDS.items() for source in sorted(getattr(model, "works_with", ()))]
_REGISTERS = ("state_gazette", "business")
_HURT = "state_gazette"

Damage = Callable[[Pair, Version], object]


def _shell(pair: Pair, version: Version, command: str) -> None:
    pair.embassy.host.run(["/bin/sh", "-c", f"cd {version.location} && {command}"], deadline=30)


def _cut(file: str, to: str) -> Damage:
    """Only the first `to` of a file are left."""
    return lambda pair, version: _shell(pair, version, f"head -c {to} {file} > cut && mv cut {file}")


def _gone(files: str) -> Damage:
    return lambda pair, version: _shell(pair, version, f"rm -r {files}")


def _stopped(pair: Pair, version: Version) -> None:
    pair.embassy.stop()


# By kind of copy: what can happen to it on the embassy's disk, and the registers that come back all the same.
_BIGGEST = f"$(ls -S {_HURT}/*.dat* | head -n 1)"
_OTHERS = tuple(name for name in _REGISTERS if name != _HURT)
DAMAGE: dict[str, dict[str, tuple[Damage, tuple[str, ...]]]] = {
    "dump": {
        "one table's file is cut": (_cut(_BIGGEST, "60"), _OTHERS),
        "the roles are cut": (_cut("roles.sql", "300"), ()),
        "one table's file is gone": (_gone(_BIGGEST), _OTHERS),
        "the list of contents is cut": (_cut(f"{_HURT}/toc.dat", "2000"), _OTHERS),
        "a register's folder is gone": (_gone(_HURT), _OTHERS),
        "the roles are gone": (_gone("roles.sql"), ()),
        "the manifest is gone": (_gone("version.json"), ()),
        "the manifest is cut": (_cut("version.json", "30"), ()),
    },
    "archive": {
        "the log is gone": (_gone("wal/*"), ()),
        "the base backup's own segment is gone": (_gone("$(ls wal/* | tail -n 2 | head -n 1)"), ()),
        "the last segment is cut": (_cut("$(ls wal/* | tail -n 1)", "3000"), ()),
        "a table's file is gone": (_gone("$(ls -S base/base/*/* | head -n 1)"), ()),
        "a table's file is cut": (_cut("$(ls -S base/base/*/* | head -n 1)", "8192"), ()),
        "the base backup's label is gone": (_gone("base/backup_label"), ()),
        "the base backup's manifest is cut": (_cut("base/backup_manifest", "300"), ()),
        "the label is gone": (_gone("archive.json"), ()),
        "the label is cut": (_cut("archive.json", "30"), ()),
    },
    "streaming": {"the standby has died": (_stopped, ())},
}


@dataclass
class Kept:
    """A copy of registers that home has changed since their seal, and home is lost."""

    pair: Pair
    source: str  # the copy's kind
    copy: KeptCopy
    seals: dict[str, Seal]
    after: Version  # that knows all of it

    def recover(self, kind: str, **settings: object) -> list[str]:
        """The names of the registers that came back, at an embassy that holds nothing but the copy."""
        fields = _KINDS[kind].model_fields
        wanted = {field.alias or name for name, field in fields.items() if field.is_required()} - {"kind"}
        needed = {name: _NEEDED[name] for name in wanted}
        recovery: Recovery = _KINDS[kind].model_validate({"kind": kind, **needed, **settings})  # type: ignore[assignment]
        return list(recovery.bring_up(self.copy, self.pair.embassy, _REGISTERS, self.pair.timeline))

    def tidy(self) -> None:
        """As it was before a recovery began, as far as that made a server of its own."""
        embassy = self.pair.embassy
        if embassy.data is not None and str(embassy.data) != self.after.location:
            if embassy.host.read(embassy.data / "postmaster.pid"):
                embassy.stop()
            embassy.host.run(["rm", "-rf", str(embassy.data)], deadline=30)
            embassy.data = None

    @contextmanager
    def spoilt(self, damage: Damage) -> Iterator[str]:
        """A damaged version: a double of the latest, where versions are folders of their own; else put right again."""
        run, place = self.pair.embassy.host.run, PurePosixPath(self.after.location)
        if self.source == "streaming":
            damage(self.pair, self.after)
            yield self.after.name
            return
        of_its_own = place.name == self.after.name
        name = self.after.name.rpartition("-")[0] + "-99" if of_its_own else self.after.name
        double = str(place.with_name(f"{place.name.rpartition('-')[0]}-99"))
        run(["cp", "-al", str(place), double], deadline=30)  # a damage makes a file anew: its double stays
        damage(self.pair, replace(self.after, name=name, location=double if of_its_own else str(place)))
        yield name
        if not of_its_own:
            run(["rm", "-r", str(place)], deadline=30)
            run(["mv", double, str(place)], deadline=30)
        else:
            run(["rm", "-r", double], deadline=30)

    def changes(self, register: str) -> dict[str, int]:
        """By table: rows more than at the seal; every row beyond those is proven to be as it was."""
        held = Surveyor().holdings(register, self.pair.embassy, self.seals[register])
        more = {name: digest.rows - self.seals[register].tables[name].rows for name, digest in held.tables.items()}
        for name, digest in held.tables.items():
            assert more[name] or digest == self.seals[register].tables[name]
        assert held.structure.indexes == self.seals[register].structure.indexes
        assert held.structure.constraints == self.seals[register].structure.constraints
        return {name: rows for name, rows in more.items() if rows}


def _work(pair: Pair, register: str) -> Any:
    with pair.home.console(register) as console:
        row = console.execute("select clock_timestamp()").fetchone()
        console.execute("insert into drill.mark values (gen_random_uuid())")
        return row[0] if row else None


@contextmanager
def _kept(pair: Pair, source: str) -> Iterator[Kept]:
    fields = _COPIES[source].model_fields
    wanted = {name for name, field in fields.items() if field.is_required()} - {"kind"}
    settings = {"kind": source, **{name: _NEEDED[name] for name in wanted}, **_SLOW.get(source, {})}
    copy: Copy = _COPIES[source].model_validate(settings)  # type: ignore[assignment]
    for register in _REGISTERS:
        ALL[register].fill(pair.home, 300, 1)
    seals = {register: Surveyor().seal(register, pair.home) for register in _REGISTERS}
    with copy.keep(pair.home, pair.embassy, seals, pair.timeline) as kept:
        moment = max(_work(pair, register) for register in _REGISTERS)
        wait_until("it follows", lambda: kept.versions()[-1].made_at >= moment, deadline=30, hint="see its events")
        pair.home.lose_power()
        yield Kept(pair, source, kept, seals, kept.versions()[-1])


def test_the_kinds_are_those_of_the_union() -> None:
    assert len(_KINDS) == len(get_args(get_args(AnyRecovery)[0]))
    assert {source for _, source in _TRIED} <= DAMAGE.keys(), "what can happen to the new kind of copy?"


@pytest.mark.parametrize(("kind", "source"), _TRIED)
def test_it_brings_back_what_the_copy_holds_by_name_and_nothing_damaged(pair: Pair, kind: str, source: str) -> None:
    with _kept(pair, source) as kept:
        if "version" in _KINDS[kind].model_fields:
            _refuses_what_nobody_holds(kept, kind)
        if kind in _EARLIER:
            settings, version = _EARLIER[kind]
            _brings_back(kept, {}, version, kind=kind, **settings)
            kept.tidy()
        _brings_back(kept, {"drill.mark": 1}, kept.after.name, kind=kind)
        files = list(DAMAGE[source]) if isinstance(pair.home.host, ProcessHost) else list(DAMAGE[source])[:1]
        for name in files:  # what a damaged file does is no matter of the host
            kept.tidy()
            _says_so(kept, kind, name)


def _refuses_what_nobody_holds(kept: Kept, kind: str) -> None:
    with pytest.raises(StepFailed, match="no version 'yesterday'; it holds: .*" + kept.after.name):
        kept.recover(kind, version="yesterday")


def _says_so(kept: Kept, kind: str, name: str) -> None:
    """A version that was damaged is asked for: what it cannot give back fails, and is not brought back in part."""
    damage, still = DAMAGE[kept.source][name]
    told = len(kept.pair.timeline.events)
    with kept.spoilt(damage) as version:
        settings = {"version": version} if "version" in _KINDS[kind].model_fields else {}
        if not still:
            with pytest.raises(StepFailed) as failed:
                pytest.fail(f"{name}: {kept.recover(kind, **settings)} came back")
            assert failed.value.hint, name
            return
        assert sorted(kept.recover(kind, **settings)) == sorted(still), name
    events = kept.pair.timeline.events[told:]
    assert {event.facts["register"] for event in events if event.what == "failed"} == {_HURT}, name


def _brings_back(kept: Kept, changes: dict[str, int], named: str, *, kind: str, **settings: object) -> None:
    assert sorted(kept.recover(kind, **settings)) == sorted(_REGISTERS)
    chosen = [event.facts for event in kept.pair.timeline.events if event.what == "version chosen"]
    assert chosen[-1]["version"] == named
    assert chosen[-1]["age_s"] >= 0
    for register in _REGISTERS:
        assert kept.changes(register) == changes
        assert kept.pair.embassy.is_writable()
