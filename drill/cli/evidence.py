"""Whether evidence was touched, and the keys that vouch for it."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from drill.tampering import Suspect
    from drill.tampering.trace import Trace


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    evidence = typer.Typer(help="The evidence that a drill left.", no_args_is_help=True)
    evidence.command("verify")(verify)
    app.add_typer(evidence, name="evidence")
    keys = typer.Typer(help="The keys that evidence is signed with.", no_args_is_help=True)
    keys.command("new")(new)
    keys.command("show")(show)
    app.add_typer(keys, name="keys")


def _hash(text: str) -> str:
    """As it was printed, but for case and blanks around it; a slip of the pen must not look like a replaced run."""
    if not re.fullmatch(r"[0-9a-f]{64}", found := text.strip().lower()):
        raise typer.BadParameter(f"{text!r} is no hash: one has 64 hexadecimal digits")
    return found


def verify(  # noqa: PLR0913 - one parameter for each option
    run: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of a run, or its id below the runs folder.")],
    runs: Annotated[Path, typer.Option(help="Where runs are kept.")] = Path("runs"),
    public_key: Annotated[
        Path | None,
        typer.Option(envvar="DRILL_PUBLIC_KEY", metavar="FILE", help="Who must have signed; otherwise your own key."),
    ] = None,
    noted: Annotated[
        list[str] | None,
        typer.Option(
            metavar="HASH", parser=_hash, help="A hash that was printed when the run began or ended; may be said often."
        ),
    ] = None,
    heads: Annotated[
        Path | None, typer.Option(metavar="FILE", help="heads.jsonl of the runs folder, if it lies elsewhere.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Say whether the evidence of a run was touched since it was closed. Needs no network and changes nothing.

    Exit codes: 0 met (all is as it was signed), 1 missed (it was tampered with),
    3 unknown (not signed, a key that is not known here, or never closed),
    2 wrong usage, 4 it cannot be read.

    Example: `drill evidence verify runs/20261123-175857-8fc587 --public-key drill.pub`
    """
    from drill.cli.judge import found
    from drill.signature import own_public
    from drill.tampering import Suspect
    from drill.verdict import Verdict

    suspect = Suspect(found(run, runs).resolve(), own_public(public_key), public_key is not None, noted or (), heads)
    traces = suspect.traces()
    verdict = Verdict.of(trace.verdict for trace in traces if trace.verdict is not None)
    _tell_json(suspect, verdict, traces) if as_json else _tell(suspect, verdict, traces)
    raise typer.Exit({Verdict.MET: 0, Verdict.MISSED: 1, Verdict.UNKNOWN: 3}[verdict])


def _tell(suspect: Suspect, verdict: str, traces: tuple[Trace, ...]) -> None:
    from drill.reports.text import printable

    typer.echo(printable(f"{suspect.run_id or suspect.path}: {verdict.upper()}"))
    typer.echo(f"opening   {suspect.opening_hash or 'none'}\nhead      {suspect.head_hash or 'none'}")
    places = [trace.file if trace.line is None else f"{trace.file}:{trace.line}" for trace in traces]
    width = max(map(len, places), default=0)
    for place, trace in zip(places, traces, strict=True):
        typer.echo(printable(f"{trace.verdict or '-':<8}  {place:<{width}}  {trace.says}"))


def _tell_json(suspect: Suspect, verdict: str, traces: tuple[Trace, ...]) -> None:
    document = {
        "schema_version": 1,
        "run_id": suspect.run_id,
        "verdict": verdict,
        "opening": suspect.opening_hash,
        "head": suspect.head_hash,
        "findings": [asdict(trace) for trace in traces],
    }
    typer.echo(json.dumps(document, indent=2))


def new(
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The folder of the pair, instead of your configuration's.")
    ] = None,
) -> None:
    """Make a key pair to sign evidence with: drill.key, for nobody else to read, and drill.pub. Never overwrites."""
    from drill.signature import PRIVATE, PUBLIC, new_key, own_folder

    folder = out or own_folder()
    public = new_key(folder)
    typer.echo(f"private   {folder / PRIVATE}\npublic    {folder / PUBLIC}\nkey       {public.fingerprint}")


def show(
    key: Annotated[
        Path | None,
        typer.Option(envvar="DRILL_KEY", metavar="FILE", help="This private key, instead of your own."),
    ] = None,
) -> None:
    """Print the public key, for auditors, and on stderr its fingerprint."""
    from drill.signature import PRIVATE, Signer, own_folder

    public = Signer.read(key or own_folder() / PRIVATE).public
    typer.echo(public.pem, nl=False)
    typer.echo(f"key       {public.fingerprint}", err=True)
