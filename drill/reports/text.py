"""How things are written for people, whatever somebody put into a name."""

import re
from collections.abc import Iterator

from drill.spread import METHOD, Spread


def printable(text: object) -> str:
    """One line without control characters, escape sequences or marks that turn the direction of writing."""
    whole = str(text)
    if whole.isprintable():
        return whole
    return "".join(c if c.isprintable() else " " if c.isspace() else "�" for c in whole)


def lines(text: object) -> str:
    """The same of a text that may have more than one line."""
    return "\n".join(map(printable, str(text).split("\n")))


def duration(seconds: float | None) -> str:
    """Of a person's size: 12.34 s, 2 min 05 s, 4 h 10 min; a dash for what does not exist."""
    if seconds is None:
        return "–"  # noqa: RUF001 - a dash, as in a table
    if seconds < 119.995:
        return f"{seconds:.2f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 120:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def bounds(name: str, spread: Spread) -> Iterator[str]:
    """A sentence for each bound of a figure: what may be said of all such runs, or why nothing may."""
    halves = {"median": "half of all such runs", "p95": "19 of 20 such runs"}
    for bound in spread.bounds:
        said = f"at most {duration(bound.at_most)}" if bound.at_most is not None else f"no bound ({bound.why_not})"
        yield f"{name} of {halves[bound.quantile]}: {said}"


BOUNDS = f"Said with 95 % confidence ({METHOD}; the runs are taken to be alike and independent):"


def amount(count: int | None) -> str:
    """A count; a dash for what does not exist."""
    return "–" if count is None else str(count)  # noqa: RUF001 - a dash, as in a table


def size(count: int) -> str:
    """Bytes, of a person's size: 512 B, 12.3 kB, 4.5 MB."""
    left, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if left < 1000:
            break
        left, unit = left / 1000, larger
    return f"{left:.0f} B" if unit == "B" else f"{left:.1f} {unit}"


_SIZE = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?) ?([kMGTP]?)B")
_SCALE = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15}


def bytes_of(text: str) -> int:
    """'500GB', '1.5 TB' -> bytes, decimal as `size` writes them. All else: ValueError that says what to write."""
    found = _SIZE.fullmatch(text)
    amount = 0 if found is None else round(float(found[1]) * _SCALE[found[2]])
    if amount <= 0:
        raise ValueError(f"{text!r} is no size: write it as 500GB or 2TB")
    return amount


# What XML 1.0 cannot say at all, however it is escaped.
_UNSAYABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """What cannot stand in XML is shown as unreadable."""
    return _UNSAYABLE.sub("\ufffd", text)
