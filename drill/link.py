"""The way between the sites as a scenario asks for it, and how far what was measured strays from that."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, Field, PlainSerializer, WithJsonSchema, model_validator

from drill.objectives import Duration, spoken

RATE_PATTERN = r"^[0-9]{1,6}(?:\.[0-9]{1,6})?[kMG]bit/s$"
_UNITS = {"k": Decimal(10) ** 3, "M": Decimal(10) ** 6, "G": Decimal(10) ** 9}
_RATE = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)([kMG])bit/s")
_LOOSE = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)([kmg]?)(bit/s|bits/s|bps|bit|b/s|b|byte/s|bytes/s)", re.I)
_SLOWEST, _FASTEST = 64_000.0, 100e9  # bits a second
_LONGEST = 5.0  # seconds
MOST_ON_ITS_WAY = 128 * 1024 * 1024  # bytes that the drill keeps in memory for each direction

# A session's answer takes a little longer than its way: a server, two relays of the kernel, a clock of 1 ms each way.
# More than a tenth is more than that, and so is more than 5 ms on a short way. A rate is measured over half a second.
_TOLERANCE = 0.1
_RTT_SLACK = 0.005  # seconds


def bits(text: object) -> float:
    """'1Gbit/s', '100Mbit/s', '64kbit/s' -> bits a second. All else: ValueError that says what to write."""
    found = _RATE.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError(f"{_shown(text)} is no bandwidth{_meant(text)}: write it as 1Gbit/s, 100Mbit/s or 64kbit/s")
    rate = float(Decimal(found[1]) * _UNITS[found[2]])
    if not _SLOWEST <= rate <= _FASTEST:
        raise ValueError(f"{text} is outside what a drill can shape: 64kbit/s to 100Gbit/s")
    return rate


def spoken_rate(rate: float) -> str:
    """Bits a second -> the shortest text, which `bits` reads back (to six places)."""
    unit = "G" if rate >= 1e9 else "M" if rate >= 1e6 else "k"
    number = f"{round(Decimal(repr(float(rate))) / _UNITS[unit], 6):f}"
    return f"{number.rstrip('0').rstrip('.') if '.' in number else number}{unit}bit/s"


def _shown(text: object) -> str:
    shown = {True: "true", False: "false", None: "null"}.get(text) if isinstance(text, bool | None) else None
    return shown or (repr(text) if len(repr(text)) <= 60 else repr(text)[:57] + "...")


def _meant(text: object) -> str:
    found = _LOOSE.fullmatch("".join(text.split())) if isinstance(text, str) else None
    if found is None:
        return " without its unit" if isinstance(text, int | float) and not isinstance(text, bool) else ""
    byte = found[3].startswith("B") or found[3].lower().startswith("byte")
    scale = {"": Decimal(1), **_UNITS}[{"k": "k", "m": "M", "g": "G"}.get(found[2].lower(), "")]
    rate = float(Decimal(found[1]) * scale * (8 if byte else 1))
    return f" (did you mean {spoken_rate(rate)}?)" if _SLOWEST <= rate <= _FASTEST else ""


Bandwidth = Annotated[
    float,
    BeforeValidator(bits),
    PlainSerializer(spoken_rate, return_type=str, when_used="json"),
    WithJsonSchema(
        {"type": "string", "pattern": RATE_PATTERN, "description": "Bits a second: 1Gbit/s, 100Mbit/s, 64kbit/s"}
    ),
]


class Link(BaseModel, frozen=True, extra="forbid"):
    """How far apart the sites are, both ways: what is left out is not shaped."""

    rtt: Annotated[Duration | None, Field(description="There and back again")] = None
    bandwidth: Annotated[Bandwidth | None, Field(description="Of each direction, shared by all that cross")] = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.rtt is None and self.bandwidth is None:
            raise ValueError("it shapes nothing: write rtt, bandwidth or both, or leave link out")
        if self.rtt is not None and self.rtt > _LONGEST:
            raise ValueError(f"an rtt of {spoken(self.rtt)} is longer than {spoken(_LONGEST)}")
        if self.on_its_way > MOST_ON_ITS_WAY:
            most = f"the {MOST_ON_ITS_WAY // 1024**2} MB that a drill keeps in memory"
            raise ValueError(
                f"so fast and so far, {self.on_its_way / 1024**2:.0f} MB are on their way: more than {most}"
            )
        return self

    @property
    def on_its_way(self) -> int:
        """Bytes that are between the sites at a time in one direction of a busy link."""
        return int((self.bandwidth or 0.0) / 8 * (self.rtt or 0.0) / 2)

    def __str__(self) -> str:
        """As people say it."""
        return told(self.facts)

    @property
    def facts(self) -> dict[str, float | None]:
        """As an event tells it: seconds, and bits a second."""
        return {"rtt_s": self.rtt, "bandwidth_bit_s": self.bandwidth}


def told(asked: Mapping[str, Any]) -> str:
    """'rtt 38ms, bandwidth 1Gbit/s' of what was asked for."""
    rtt, rate = asked.get("rtt_s"), asked.get("bandwidth_bit_s")
    parts = [f"rtt {spoken(rtt)}"] if rtt else []
    return ", ".join([*parts, f"bandwidth {spoken_rate(rate)}"] if rate else parts)


def strays(asked: Mapping[str, Any], measured: Mapping[str, Any] | None) -> Iterator[str]:
    """What makes of the link that was measured another than the one that was asked for."""
    if measured is None:
        yield "the link between the sites was never measured"
        return
    rtt, seen = asked.get("rtt_s"), measured.get("rtt_s")
    if rtt and (seen is None or not rtt * 0.999 <= seen <= rtt + max(_TOLERANCE * rtt, _RTT_SLACK)):
        yield f"the rtt between the sites was {_seen_rtt(seen)}, not {spoken(rtt)}"
    rate = asked.get("bandwidth_bit_s")
    if not rate:
        return
    for way in ("to_home", "to_embassy"):
        seen = measured.get(f"{way}_bit_s")
        if seen is None or not (1 - _TOLERANCE) * rate <= seen <= (1 + _TOLERANCE) * rate:
            yield f"the bandwidth {way.replace('_', ' ')} was {_seen_rate(seen)}, not {spoken_rate(rate)}"


def _seen_rtt(seen: float | None) -> str:
    return "unknown" if seen is None else spoken(round(seen, 4))


def _seen_rate(seen: float | None) -> str:
    return "unknown" if seen is None else spoken_rate(float(f"{seen:.3g}"))


def described(link: Mapping[str, Any]) -> str:
    """'asked rtt 38ms; measured rtt 38.4ms', with the bandwidths where they were asked for, of the event of both."""
    asked, measured = link.get("asked") or {}, link.get("measured") or {}
    rtt = f"rtt {_seen_rtt(measured.get('rtt_s'))}"
    ways = {"to_home": "to home", "to_embassy": "to the embassy"}
    rates = [
        f"{_seen_rate(measured[f'{way}_bit_s'])} {said}" for way, said in ways.items() if measured.get(f"{way}_bit_s")
    ]
    return f"asked {told(asked)}; measured {', '.join([rtt, *rates])}"
