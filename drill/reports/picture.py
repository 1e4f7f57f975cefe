"""The scene as lines for a terminal: two sites, the cable, the act, the clock, the registers, what happened last."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from drill.reports.scene import ACTS, Place, Scene, Shown
from drill.reports.text import amount, duration, printable, size

NARROWEST, LOWEST = 60, 16  # columns and rows
SITES = 8  # rows down to the clock, below the two sites
_MIDDLE = 16  # columns of the cable between the sites, at least
_WIDEST_SITE = 44
_GOOD = {"serving", "served", "accepted", "carrying", "filled and sealed", "keeps the copy", "alive again"}
_BUSY = {"starting", "recovering", "came back", "let in", "in the gate", "given back"}
_PLAIN = {"not up yet", "not laid yet", "at home", "stays off"}
_PLAINER = str.maketrans("╭╮╰╯─│━╌█░●○✖◐▶✓✕‖·\u2013…", "++++-|=.#.*ox~>vx|.-~")  # for a terminal without Unicode
_COLUMNS = (("after", 9), ("acks home", 10), ("embassy", 8), ("failed", 7), ("doubt", 6), ("lost", 5))
_STATE = 14  # columns of a register's state, at least
_EVENTS = 4  # rows for what happened last, before any row is left empty


def picture(scene: Scene, now: float, width: int, height: int) -> list[Text]:
    """At most `height` lines of at most `width` columns; `now` in seconds on the drill's clock."""
    parts = [
        [_title(scene, width), _acts(scene)],
        [*_sites(scene, now, width), _clock(scene, now, width)],
        [*_registers(scene, width), *_losses(scene)],
    ]
    free = height - sum(map(len, parts)) - _EVENTS
    lines: list[Text] = []
    for part, needs in zip(parts, (3, 1, 2), strict=True):
        lines += [*part, *([Text()] if free >= needs else [])]
    lines += (Text(line, style="dim") for line in scene.newest(height - len(lines)))
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    return lines[:height]


def upper(scene: Scene, now: float, width: int, height: int) -> list[Text]:
    """The picture where it fits into so many lines; else its upper part, or only what and which act it is."""
    whole = SITES + 1 + len(scene.registers) + 1
    shown = height if height >= whole else SITES if height >= SITES else 2
    return picture(scene, now, width, max(shown, whole))[:shown]


def plainer(lines: list[Text]) -> list[Text]:
    """The same in ASCII, as far as it is ours."""
    for line in lines:
        line.plain = line.plain.translate(_PLAINER)
    return lines


def _title(scene: Scene, width: int) -> Text:
    title, run = Text(printable(scene.title) or "drill", style="bold"), Text(printable(scene.run), style="dim")
    title.truncate(max(10, width - run.cell_len - 2), overflow="ellipsis")
    gap = max(2, width - title.cell_len - run.cell_len)
    return Text.assemble(title, " " * gap, run)


def _acts(scene: Scene) -> Text:
    """Every act: those that are over, the one that is played or waited before, those to come."""
    line = Text()
    for act in ACTS:
        line.append(" · " if line else "", style="dim")
        if act == scene.act:
            line.append(f"▶ {act}", style="bold cyan")
        elif act == scene.waiting:
            line.append(f"‖ {act}", style="bold")
        else:
            over = act in scene.over
            line.append(f"✓ {act}" if over else act, style="" if over else "dim")
    return line


def _mark(state: str) -> tuple[str, str]:
    """A sign and a style for a state; the words say it too."""
    if state in _GOOD:
        return "●", "green"
    if state in _BUSY:
        return "◐", "yellow"
    return ("○", "") if state in _PLAIN else ("✖", "red")


def _sites(scene: Scene, now: float, width: int) -> Iterator[Text]:
    inner = min(_WIDEST_SITE, (width - _MIDDLE) // 2) - 2
    home = _box("home", _of_place(scene, "home", now), inner)
    embassy = _box("embassy", _of_place(scene, "embassy", now), inner)
    middle = _cable(scene, width - 2 * (inner + 2) if width - 2 * (inner + 2) < 40 else 40)
    for left, between, right in zip(home, middle, embassy, strict=True):
        yield Text.assemble(left, between, right)


def _of_place(scene: Scene, name: str, now: float) -> list[Text]:
    place = scene.places[name]
    sign, style = _mark(place.state)
    state = place.state
    if name == "embassy" and scene.struck is not None:
        served = sum(register.let_in for register in scene.lost.values())
        state += f" {served} of {len(scene.lost)}" if place.state == "serving" else ""
    rate = f"{place.rate(now):.0f} acks/s, {place.acked} in all"
    return [Text(f"{sign} {state}", style=f"bold {style}".strip()), Text(rate), _third(place)]


def _third(place: Place) -> Text:
    if place.fenced:
        return Text(printable(place.fenced), style="bold")
    return Text(printable(", ".join(place.copies)), style="dim")


def _box(name: str, lines: list[Text], inner: int) -> Iterator[Text]:
    yield Text(f"╭ {name} {'─' * (inner - len(name) - 2)}╮")
    for line in lines:
        line.truncate(inner - 2, overflow="ellipsis")
        yield Text.assemble("│ ", line, " " * (inner - 1 - line.cell_len), "│")
    yield Text(f"╰{'─' * inner}╯")


def _cable(scene: Scene, width: int) -> list[Text]:
    line, style = "╌" * (width - 2), "dim"
    if scene.cable == "carrying":
        line, style = "━" * (width - 2), "green"
    elif scene.cable == "silent":
        line, style = f"{'╌' * ((width - 5) // 2)} ✕ {'╌' * ((width - 4) // 2)}", "red"
    lag = f"lag {size(scene.lag)}" if scene.lag is not None else ""
    told = [Text("cable", style="dim"), Text(line, style=style), Text(scene.cable, style=style), Text(lag)]
    centred = []
    for each in (Text(scene.far, style="dim"), *told):
        each.align("center", width)
        centred.append(each)
    return centred


def _clock(scene: Scene, now: float, width: int) -> Text:
    """Before the strike how long it has taken; from the strike on, the time that counts against the tightest RTO."""
    since, tightest = scene.since_strike(now), scene.tightest
    if since is None or tightest is None:
        return Text(f"{now:.1f} s since the drill began")
    register, rto = tightest
    done = scene.slowest
    spent = since if done is None else done
    style = "red" if spent > rto else "yellow" if spent > rto / 2 else "green"
    told = f"{spent:5.1f} s since the strike " if done is None else f"recovered after {duration(done)} "
    limit = f" RTO {duration(rto)}" + (" PASSED" if spent > rto else "")
    whose = f", {printable(register)}" if len({each.rto for each in scene.lost.values()}) > 1 else ""
    bar = max(5, width - len(told) - len(limit) - len(whose))
    full = min(bar, round(bar * spent / rto)) if rto else bar
    return Text.assemble(
        (told, "bold"), ("█" * full, style), ("░" * (bar - full), "dim"), (limit, style if spent > rto else ""), whose
    )


def _registers(scene: Scene, width: int) -> Iterator[Text]:
    if not scene.registers:
        return
    taken = sum(columns for _, columns in _COLUMNS)
    name = min(max(map(len, scene.registers)) + 3, width - taken - _STATE)
    state = min(2 * _STATE, width - taken - name)
    heads = "".join(f"{head:>{columns}}" for head, columns in _COLUMNS)
    yield Text(f"{'register':<{name}}{'state':<{state}}{heads}", style="dim")
    for register, shown in scene.registers.items():
        yield _register(register, shown, name, state)


def _register(register: str, shown: Shown, name: int, state: int) -> Text:
    sign, style = _mark(shown.state)
    first, second = Text(printable(register)), Text(f"{sign} {shown.state}", style=style)
    for cell, columns in ((first, name), (second, state)):
        cell.truncate(columns - 1, overflow="ellipsis", pad=True)
    after = "" if shown.recovered_after is None else duration(shown.recovered_after)
    counts = (shown.acked["home"], shown.acked["embassy"], shown.failed, shown.in_doubt)
    cells = (after, *map(str, counts), "" if shown.gone is None else str(shown.gone))
    rest = "".join(f"{cell:>{columns}}" for cell, (_, columns) in zip(cells, _COLUMNS, strict=True))
    return Text.assemble(first, " ", second, " ", rest)


def _losses(scene: Scene) -> Iterator[Text]:
    if scene.struck is None:
        return
    if not scene.judged:
        yield Text("What is lost is known only after the survey.", style="dim")
        return
    gone = [register.gone for register in scene.registers.values()]
    total = None if None in gone else sum(each for each in gone if each is not None)
    acked = sum(register.acked["home"] for register in scene.registers.values())
    style = "green" if total == 0 else "red" if total else "yellow"
    yield Text(f"Lost: {amount(total)} of {acked} that home acknowledged.", style=f"bold {style}")
