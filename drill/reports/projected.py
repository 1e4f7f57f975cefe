"""An estimate of another size, told to a person and to programs; never without its warning."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from drill.fit import METHOD
from drill.projection import KIN, Drilled, Expected, Projection
from drill.reports.text import duration, printable, size

SCHEMA_VERSION = 1
_WIDTH = 79
_VAGUE = (
    " The runs scatter so much that the band is wider than the estimate, which says little: repeat each size, take "
    "sizes that lie further apart, and let nothing else run."
)
_GROWS: Mapping[bool | None, str] = {True: "yes", False: "no", None: "not clear"}


def warning(projection: Projection) -> str:
    """What must be said with every figure."""
    factor, total = projection.factor, projection.total
    times = f"{factor:.0f}" if factor >= 10 else f"{factor:.2g}"
    far = f"{times} times the largest size that was drilled" if factor > 1 else "within the sizes that were drilled"
    vague = "" if total.high - total.low <= total.at else _VAGUE
    return (
        f"This is an estimate and no measurement: it is {far}. It takes each phase to be a straight line, on this "
        "machine; caches, disks and logs that are enough for small data may not be for large. Only a drill at that "
        f"size shows how long it takes.{vague}"
    )


def text(projection: Projection) -> str:
    """For a person, at 80 columns."""
    return "\n".join(printable(line) for line in _lines(projection))


def _lines(projection: Projection) -> Iterator[str]:
    known = dict(zip(KIN, projection.kin, strict=True))
    yield f"{known['scenario']}: {known['outage']}, {known['recovery']} from {known['copy']}, on {known['host']}"
    sizes = ", ".join(_size(projection, each) for each in projection.sizes)
    yield from textwrap.wrap(f"{len(projection.runs)} runs at {len(projection.sizes)} sizes: {sizes}", _WIDTH)
    yield from textwrap.wrap(f"expected at {_size(projection, projection.wish.amount)}, by {METHOD}:", _WIDTH)
    yield f"  {'phase':<10}{'expected':>14}  {'95 % of runs between':<27}{'fit (r2)':>9}  grows"
    for each in (*projection.phases, projection.total):
        yield _row(each)
    if projection.data is not None:
        data = projection.data
        yield f"  data: {size(round(data.at))} ({size(round(data.low))} to {size(round(data.high))})"
    if projection.transfer_s is not None:
        floor = f"one whole copy of that takes {duration(projection.transfer_s)} or more over {projection.wish.link}"
        yield from textwrap.wrap(
            f"{floor}; it lies at the embassy before home is lost, and is no part of the RTA", _WIDTH
        )
    yield from textwrap.wrap(f"WARNING: {warning(projection)}", _WIDTH)


def _row(each: Expected) -> str:
    band = f"{duration(each.low)} and {duration(each.high)}"
    r2 = "-" if each.fit.r2 is None else f"{each.fit.r2:.3f}"
    return f"  {each.name:<10}{duration(each.at):>14}  {band:<27}{r2:>9}  {_GROWS[each.fit.grows]}"


def _size(projection: Projection, amount: int) -> str:
    return f"{amount} people" if projection.wish.unit == "people" else size(amount)


def document(projection: Projection) -> dict[str, Any]:
    """For programs; seconds, people and bytes."""
    wish, link = projection.wish, projection.wish.link
    return {
        "schema_version": SCHEMA_VERSION,
        "estimate": True,
        "warning": warning(projection),
        "method": METHOD,
        **dict(zip((name.replace(" ", "_") for name in KIN), projection.kin, strict=True)),
        "unit": wish.unit,
        "amount": wish.amount,
        "factor": projection.factor,
        "sizes": list(projection.sizes),
        "runs": [_run(run) for run in projection.runs],
        "phases": [_line(each) for each in projection.phases],
        "rta_s": _line(projection.total),
        "data_bytes": None if projection.data is None else _line(projection.data),
        "link": None if link is None else link.facts,
        "transfer_s": projection.transfer_s,
    }


def json_text(projection: Projection) -> str:
    """ASCII, so that nothing in it can act on a terminal."""
    return json.dumps(document(projection), indent=2, allow_nan=False) + "\n"


def _run(run: Drilled) -> dict[str, Any]:
    told = {**asdict(run), "began": run.began.isoformat()}
    del told["kin"]  # that of the document
    return told


def _line(each: Expected) -> dict[str, Any]:
    line = each.fit
    shape = {"at_zero": line.at_zero, "slope": line.slope, "r2": line.r2, "grows": line.grows}
    return {"name": each.name, "expected": each.at, "low": each.low, "high": each.high, **shape}
