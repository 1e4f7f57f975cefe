"""What a page is made of, as a parser sees it; and evidence in which somebody hostile wrote every free text."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from typing import Any

from drill.actions import Action
from drill.dossier import Dossier
from drill.dossier.mapping import Clause, Mapped
from drill.dossier.meta import Improvement, Inject, LeftOut, Meta, Person, Signature
from drill.evidence import Evidence
from drill.judge import judged
from drill.ledger import Outcome
from tests.unit.stories import GOOD, LEDGER, entry, event, held, told, with_events

TODAY = date(2030, 6, 1)
MARK = "zqx"  # in every hostile text, so that each is found again
SHOWN = (
    f"\"'>--{MARK}</td></title></style><script>alert(1)</script><img src=x onerror=alert(1)>&lt;&#0; %s {{{{7*7}}}} ]]>"
)
HOSTILE = f"{SHOWN}\x1b[31m\x00\u202e\u2066\ud800\nnew line {'m' * 90}"
_VOID = {"meta", "br", "wbr", "img", "rect", "path", "circle"}


@dataclass
class Page(HTMLParser):
    """Every tag with its attributes, in order, and every text with the tags that it is in."""

    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    texts: list[tuple[tuple[str, ...], str]] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    @classmethod
    def of(cls, text: str) -> Page:
        page = cls()
        page.feed(text)
        page.close()
        return page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append((tuple(self.open), data))

    def handle_comment(self, data: str) -> None:
        self.wrong.append(data)

    def all(self, *names: str) -> list[dict[str, str | None]]:
        """The attributes of every such tag."""
        return [attributes for tag, attributes in self.tags if tag in names]

    @property
    def text(self) -> str:
        """All that is shown, without the style."""
        return "".join(text for inside, text in self.texts if "style" not in inside)


def hostile_evidence() -> Evidence:
    """Every text that a scenario, a server or an archive may bring in; the register as well."""
    first = entry(3, 9.5, Outcome.FAILED, says=HOSTILE)
    facts = ("by", "kind", "proof", "reason", "answer", "copy", "version", "target", "hint")
    whats = (
        "not proven",
        "established",
        "fell behind",
        "discovered",
        "fence unproven",
        "fence broken",
        "failed",
        "broke",
    )
    events = [event(40 + n, what, **dict.fromkeys(facts, HOSTILE)) for n, what in enumerate(whats)]
    events += [event(26, "refused", register="land", reasons=[HOSTILE]), event(3, "lag", copy=HOSTILE, bytes=7)]
    events += [
        event(4, "lag", copy=HOSTILE, bytes=9000),
        event(5, "act began", act="calm"),
        event(9, "act ended", act="calm"),
    ]
    story = with_events(told(GOOD, (*LEDGER, first), held()), *events)
    began = {
        **story.began,
        **dict.fromkeys(("run_id", "file", "host", "why", "postgres", "machine", "outage"), HOSTILE),
    }
    told_anew = tuple(replace(e, facts=began) if e.what == "began" else e for e in story.events)
    return replace(
        story,
        scenario=HOSTILE,
        events=told_anew,
        objectives={**GOOD.objectives, HOSTILE: GOOD.objectives["land"]},
        notes=(HOSTILE,),
        expected={"data_loss": frozenset({HOSTILE})},
    )


def hostile_meta() -> Meta:
    """With every text hostile; a file could not bring in all of it, since its texts are single visible lines."""
    kinds = {name: str(of.annotation) for name, of in Meta.model_fields.items()}
    texts: dict[str, Any] = {name: HOSTILE for name, kind in kinds.items() if kind == kinds["title"]}
    lists: dict[str, Any] = {name: (HOSTILE,) for name, kind in kinds.items() if kind == kinds["assumptions"]}
    people = (Person.model_construct(name=HOSTILE, role=HOSTILE),)
    return Meta.model_construct(
        **{**texts, **lists},
        left_out=(LeftOut.model_construct(what=HOSTILE, why=HOSTILE),),
        participants=people,
        observers=people,
        evaluator=people[0],
        injects=(Inject.model_construct(at=HOSTILE, what=HOSTILE, reaction=HOSTILE),),
        improvements=(Improvement.model_construct(what=HOSTILE, severity="high"),),
        signatures=(Signature.model_construct(role=HOSTILE, name=HOSTILE, on=TODAY),),
    )


def hostile_dossier() -> Dossier:
    """Everything at once."""
    action = Action(1, HOSTILE, HOSTILE, HOSTILE, date(2030, 1, 1), datetime(2029, 1, 1, tzinfo=UTC), HOSTILE)
    closed = replace(action, number=2, closed_at=datetime(2030, 1, 1, tzinfo=UTC), outcome=HOSTILE)
    row = Clause.model_construct(clause=HOSTILE, asks=HOSTILE, shown=HOSTILE, not_shown=HOSTILE)
    return Dossier(
        judged(hostile_evidence()),
        TODAY,
        hostile_meta(),
        (action, closed),
        mapped=Mapped.model_construct(note=HOSTILE, clauses=(row,)),
        files={HOSTILE: HOSTILE},
    )
