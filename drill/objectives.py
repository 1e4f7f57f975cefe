"""What the state has promised itself: how long without a register, how much work lost."""

import re
from decimal import Decimal
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, BeforeValidator, Field, PlainSerializer, WithJsonSchema

StateRegisterName = Literal[
    "population",
    "identity_documents",
    "land",
    "business",
    "taxable_persons",
    "pension_insurance",
    "state_gazette",
]
RegisterName = Literal[StateRegisterName, "own_data"]
PRIORITY: tuple[str, ...] = get_args(StateRegisterName)  # the order of recovery where a scenario says `all`
OWN_DATA = "own_data"  # what a scenario loads into home from a dump; after all others
ALL_REGISTERS: frozenset[str] = frozenset(PRIORITY)

_UNITS = {unit: Decimal(size) for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1), ("ms", "0.001"))}
_LONGEST = 366 * 86_400
_NUMBER = r"[0-9]{1,9}(?:\.[0-9]{1,9})?"
# as editors read it: no named groups; at least one part, the larger unit first
PATTERN = rf"^(?=.)(?:{_NUMBER}d)?(?:{_NUMBER}h)?(?:{_NUMBER}m(?:in)?)?(?:{_NUMBER}s)?(?:{_NUMBER}ms)?$"
_PART = re.compile(rf"({_NUMBER})(ms|min|[dhms])")
_LONG_WORDS = {
    "milliseconds": "ms", "millisecond": "ms", "msec": "ms", "seconds": "s", "second": "s", "secs": "s", "sec": "s",
    "minutes": "m", "minute": "m", "mins": "m", "min": "m", "hours": "h", "hour": "h", "hrs": "h", "hr": "h",
    "days": "d", "day": "d",
}  # fmt: skip


def seconds(text: object) -> float:
    """'200ms', '30s', '5m' or '5min', '1h30m', '2d' -> seconds. All else: ValueError that says what to write."""
    found = _parsed(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError(f"{_shown(text)} {_complaint(text)}")
    if found > _LONGEST:
        raise ValueError(f"{_shown(text)} is longer than a year")
    return float(found)


def spoken(length: float) -> str:
    """Seconds (rounded to nanoseconds) -> the shortest duration text, which `seconds` reads back."""
    whole = round(Decimal(repr(float(length))), 9)
    if whole < 0:
        return "-" + spoken(-length)
    if whole == 0:
        return "0s"
    if whole < 1:
        return f"{_plain(whole * 1000)}ms"
    parts = []
    for unit in ("d", "h", "m"):
        count, whole = divmod(whole, _UNITS[unit])
        parts += [f"{count:f}{unit}"] if count else []
    return "".join([*parts, f"{_plain(whole)}s" if whole else ""])


def _plain(number: Decimal) -> str:
    """Without an exponent and without zeros at the end."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _parsed(text: str) -> Decimal | None:
    if len(text) > 100 or not re.match(PATTERN, text) or text.endswith("\n"):
        return None
    parts = (Decimal(number) * _UNITS[unit.replace("min", "m")] for number, unit in _PART.findall(text))
    return round(sum(parts, Decimal(0)), 9)


def _shown(text: object) -> str:
    if isinstance(text, bool) or text is None:
        return {True: "true", False: "false", None: "null"}[text]
    shown = repr(text)
    return shown if len(shown) <= 60 else shown[:57] + "..."


def _complaint(text: object) -> str:
    """Why it is no duration, and what was probably meant."""
    if isinstance(text, int | float) and not isinstance(text, bool):
        whole = isinstance(text, int) and 0 <= text <= 9999
        return f"has no unit: write {text}s, {text}ms or {text}m" if whole else "is no duration: write it as 30s"
    if isinstance(text, str):
        if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text):
            return f"has no unit: write {text}s, {text}ms or {text}m"
        if clock := re.fullmatch(r"([0-9]{1,3}):([0-9]{2})", text):
            first, second = int(clock[1]), int(clock[2])
            return f"may be minutes or hours: write {first}m{second}s or {first}h{second}m"
        guess = re.sub(r"[a-z]+", lambda word: _LONG_WORDS.get(word[0], word[0]), "".join(text.lower().split())[:100])
        if _parsed(guess) is not None:
            return f"is no duration (did you mean {guess}?)"
    return "is no duration: write it with its unit, as 200ms, 30s, 5m, 1h30m or 2d"


Duration = Annotated[
    float,
    BeforeValidator(seconds),
    PlainSerializer(spoken, return_type=str, when_used="json"),
    WithJsonSchema(
        {"type": "string", "pattern": PATTERN, "description": "A duration: 200ms, 30s, 5m or 5min, 1h30m, 2d"}
    ),
]


class Objectives(BaseModel, frozen=True, extra="forbid"):
    """What is promised for a register."""

    rto: Annotated[Duration, Field(title="RTO: from the strike until its citizens are served from accepted content")]
    rpo: Annotated[Duration, Field(title="RPO: how far back acknowledged work may be lost; 0s for none")]
