"""The archive of a home that is lost, as it lies at the embassy; it can be damaged, and is put right again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from drill.copies.archive import Archive, Archiving
from drill.evidence import Seal
from drill.hosts.process import ProcessPremises
from drill.probes.survey import Surveyor
from drill.recoveries.replay import Replay
from drill.registers import ALL
from drill.sites.archived import LABEL, NOTES, noted
from drill.sites.segments import SEGMENT, segment_name
from drill.sites.site import Site
from drill.sites.wal import place_of
from tests.fix_life import BUSINESS, GAZETTE, PEOPLE, Life, Place, State, state_of
from tests.fix_pair import Pair, standing


@dataclass(frozen=True)
class Held:
    """What the embassy holds, and the life of the home that it was made from."""

    pair: Pair
    kept: Archiving
    seals: Mapping[str, Seal]
    life: Life

    def recover(self, to: object, registers: tuple[str, ...] = (GAZETTE, BUSINESS)) -> str:
        """Bring the archive back; what was said of its target."""
        replay = Replay.model_validate({"kind": "replay", "from": self.kept.name, "to": to})
        assert list(replay.bring_up(self.kept, self.pair.embassy, registers, self.pair.timeline)) == list(registers)
        assert self.pair.embassy.is_writable()
        chosen = [event.facts for event in self.pair.timeline.events if event.what == "version chosen"]
        return f"{chosen[-1]['version']}: {chosen[-1]['target']}"

    def brought_back(self, *registers: str) -> State:
        """What the embassy serves of these registers, or of all."""
        return state_of(self.pair.embassy, self.seals, registers or (GAZETTE, BUSINESS))

    def listed(self) -> list[str]:
        """Every file of the archive but the receiver's log, with its size and when it was changed."""
        return sorted(self.shell("find base wal *.json* -type f -printf '%p %s %T@\\n'").splitlines())

    def shell(self, script: str) -> str:
        """In the archive's folder, as the embassy's user."""
        return self.pair.embassy.host.run(["/bin/sh", "-c", f"cd '{self.kept.folder}' && {script}"], deadline=30)

    def label(self) -> dict[str, Any]:
        """What stands on the archive."""
        label: dict[str, Any] = json.loads(self.shell(f"cat {LABEL}"))
        return label

    def notes(self) -> dict[str, str]:
        """By restore point: where it lies, as the embassy was told."""
        return {note.name: note.lsn for note in noted(self.shell(f"cat {NOTES}"))}

    def file_of(self, segment: int) -> str:
        """That of a segment, complete or not."""
        return self.shell(f"echo wal/{segment_name(1, segment)}*").strip()

    @contextmanager
    def spoilt(self, damage: Callable[[Held], object]) -> Iterator[None]:
        """Damaged; put right again afterwards. A damage makes a file anew: its double stays."""
        folder, run = str(self.kept.folder), self.pair.embassy.host.run
        run(["cp", "-al", folder, f"{folder}-double"], deadline=30)
        try:
            damage(self)
            yield
        finally:
            run(["rm", "-r", folder], deadline=30)
            run(["mv", f"{folder}-double", folder], deadline=30)

    def rewrite(self, name: str, text: str) -> None:
        """A file anew."""
        self.shell(f"rm {name}")
        self.pair.embassy.host.write(self.kept.folder / name, text)

    def forget_before(self, lsn: str) -> None:
        """As if the base backup had been made only then: the embassy looks at nothing that is older."""
        self.rewrite(LABEL, json.dumps({**self.label(), "start": lsn}))

    def forget_after(self, place: Place, *, notes: int = 0) -> None:
        """As the archive was when that segment was complete, and home told of so many restore points more."""
        later = [name for name in self.shell("ls wal").split() if int(name[16:24], 16) > place.segment]
        self.shell(f"cd wal && rm {' '.join(later)}")
        known = sum(place_of(lsn) < place.edge for lsn in self.notes().values()) + notes
        self.rewrite(NOTES, self.shell(f"head -n {known} {NOTES}"))

    def rot(self, place: int) -> None:
        """Some bytes there become others: more than lie anywhere without a meaning."""
        name, at = self.file_of(place // SEGMENT), place % SEGMENT
        self._change(place, 8, f"tail -c +{at + 1} {name} | head -c 8 | tr '\\000-\\377' '\\001-\\377\\000'")

    def blank(self, place: int, size: int = SEGMENT) -> None:
        """Nothing is left of so many bytes from there on, up to the end of the segment."""
        size = min(size, SEGMENT - place % SEGMENT)
        self._change(place, size, f"head -c {size} /dev/zero")

    def _change(self, place: int, size: int, new: str) -> None:
        name, at = self.file_of(place // SEGMENT), place % SEGMENT
        parts = f"head -c {at} {name}; {new}; tail -c +{at + size + 1} {name}"
        self.shell(f"{{ {parts}; }} >changed && ! cmp -s {name} changed && mv -f changed {name}")


@contextmanager
def archived(premises: ProcessPremises) -> Iterator[Held]:
    """Home is lost at the end of its life; everything of both sites is undone."""
    with standing(premises) as pair:
        _let_prepare(pair.home)
        for register in (GAZETTE, BUSINESS):
            ALL[register].fill(pair.home, PEOPLE, 1)
        seals = {register: Surveyor().seal(register, pair.home) for register in (GAZETTE, BUSINESS)}
        archive = Archive.model_validate({"kind": "archive", "name": "arc", "restore_point_every": "1h"})
        with archive.keep(pair.home, pair.embassy, seals, pair.timeline) as kept:
            life = Life(pair.home, kept, seals)
            life.go_on_in_calm()
            life.go_on_to_the_end()
            pair.home.lose_power()
            yield Held(pair, kept, seals, life)


def _let_prepare(home: Site) -> None:
    """Transactions in two steps, which no home of a drill allows; one in the field may."""
    home.configure(max_prepared_transactions="2")
    home.stop()
    assert home.data is not None
    home.start(home.data)
