"""Options that several commands take."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer


class On(StrEnum):
    """Where servers stand."""

    auto = "auto"
    embedded = "embedded"
    docker = "docker"


def duration_option(text: str) -> Any:
    """One that takes 90s or 5m, and gives seconds; `text` is its help."""
    return typer.Option(metavar="DURATION", parser=_duration, help=text)


def _duration(text: str) -> float:
    from drill.objectives import seconds

    try:
        return seconds(text)
    except ValueError as wrong:
        raise typer.BadParameter(str(wrong)) from None


PgBin = Annotated[Path | None, typer.Option(envvar="DRILL_PG_BIN", help="PostgreSQL's programs (embedded).")]
Image = Annotated[str | None, typer.Option(envvar="DRILL_IMAGE", help="The image to use (docker).")]
AlsoJson = Annotated[str | None, typer.Option(metavar="FILE|-", help="Also write the result as JSON.")]
AlsoJunit = Annotated[str | None, typer.Option(metavar="FILE|-", help="Also write the result as JUnit XML.")]
