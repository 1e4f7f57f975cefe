"""What a recovery would take at a size that was not drilled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from drill.projection import Drilled


def register(app: typer.Typer) -> None:
    """Add this command to the program."""
    app.command("project")(project)


def _read_by(reader: str) -> Any:
    """What an option says, by a function that raises ValueError."""

    def read(text: str) -> Any:
        from drill import link, objectives
        from drill.reports.text import bytes_of

        try:
            return {"bandwidth": link.bits, "rtt": objectives.seconds, "size": bytes_of}[reader](text)
        except ValueError as wrong:
            raise typer.BadParameter(str(wrong)) from None

    return read


_Size = Annotated[
    int | None, typer.Option(metavar="SIZE", parser=_read_by("size"), help="At so much data: 500GB, 2TB.")
]
_Link = Annotated[
    float | None, typer.Option("--link", metavar="RATE", parser=_read_by("bandwidth"), help="Over which a copy comes.")
]
_Rtt = Annotated[float | None, typer.Option(metavar="DURATION", parser=_read_by("rtt"), help="How far away it is.")]


def project(  # noqa: PLR0913 - one parameter for each option
    scenario: Annotated[
        str | None, typer.Argument(metavar="SCENARIO", help="Its file or name; left out, the last with enough runs.")
    ] = None,
    people: Annotated[int | None, typer.Option(min=1, help="At so many people.")] = None,
    size: _Size = None,
    link: _Link = None,
    rtt: _Rtt = None,
    runs: Annotated[Path, typer.Option(help="Where runs are kept.")] = Path("runs"),
    json: Annotated[str | None, typer.Option(metavar="FILE|-", help="Write the estimate as JSON.")] = None,
) -> None:
    """Estimate the recovery time at another size, from runs at three sizes or more. Starts nothing.

    Example: `drill project dc-fire --people 1300000 --link 1Gbit/s --rtt 38ms`
    """
    from drill.cli.history import name_of
    from drill.errors import ScenarioError
    from drill.link import spoken_rate
    from drill.objectives import spoken
    from drill.projection import Wish
    from drill.projection import project as estimate
    from drill.reports import speak_anyway, write
    from drill.reports.projected import json_text, text

    if (people is None) == (size is None):
        raise ScenarioError("say at which size: --people N, or --size SIZE", hint="one of the two")
    wish = Wish(people, size, _way(rtt and spoken(rtt), link and spoken_rate(link)))
    found = estimate(_drilled(runs), wish, None if scenario is None else name_of(scenario))
    if json is not None:
        write(json, json_text(found))
    if json != "-":
        speak_anyway()
        typer.echo(text(found))


def _way(rtt: str | float | None, bandwidth: str | float | None) -> Any:
    from pydantic import ValidationError

    from drill.errors import ScenarioError
    from drill.link import Link

    given = {key: value for key, value in (("rtt", rtt), ("bandwidth", bandwidth)) if value}
    try:
        return Link.model_validate(given) if given else None
    except ValidationError as wrong:
        said = wrong.errors()[0]["msg"].removeprefix("Value error, ")
        raise ScenarioError(f"--link and --rtt: {said}", hint="say what the real link is") from wrong


def _drilled(runs: Path) -> Iterator[Drilled]:
    """Of each run in the folder that a line may go through; the others are told."""
    from drill.errors import DrillError
    from drill.folder import Folder
    from drill.judge import judged
    from drill.projection import Drilled
    from drill.reports.text import lines

    for folder in sorted(runs.glob("*/events.jsonl")):
        try:
            yield Drilled.of(judged(Folder(folder.parent).read()))
        except (DrillError, ValueError) as why:
            typer.echo(lines(f"left out: {folder.parent.name}: {why}"), err=True)
