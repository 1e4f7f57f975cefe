"""Where scenarios lie: the folder beside you, and the ones that come with the program."""

from __future__ import annotations

from pathlib import Path

from drill.errors import ScenarioError
from drill.scenario.mistakes import meant

_PACKAGE = Path(__file__).resolve().parents[1]


def shelves() -> tuple[Path, ...]:
    """The folders that are searched for a scenario's name, the nearest first."""
    checkout = _PACKAGE.parent
    own = (checkout / "scenarios",) if (checkout / "pyproject.toml").is_file() else ()
    return tuple(folder for folder in (Path("scenarios"), _PACKAGE / "scenarios_shipped", *own) if folder.is_dir())


def scenarios_in(*folders: Path) -> dict[str, Path]:
    """By name: the scenario files of these folders; where two have one name, the first folder's."""
    found: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.yaml")):
            found.setdefault(path.stem, path)
    return found


def find_scenario(given: str) -> Path:
    """The file that a person means: a path, or the name of a scenario on a shelf. Raises ScenarioError."""
    try:
        path = Path(given)
        if path.exists():
            return path
        known = scenarios_in(*shelves())
    except (OSError, ValueError) as wrong:  # a name too long for a path, a NUL in it
        raise ScenarioError(f"{given[:80]!r} cannot be the name of a file: {wrong}", hint="`drill list`") from wrong
    if given.removesuffix(".yaml") in known:
        return known[given.removesuffix(".yaml")]
    raise ScenarioError(
        f"{given}: there is no such file, and no scenario of that name{meant(path.stem, list(known))}",
        hint="`drill list` shows the scenarios, `drill new NAME` writes one",
    )


def opening(path: Path) -> str:
    """The first sentence of the comment that a scenario opens with."""
    said: list[str] = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        text = line.removeprefix("#").strip()
        if text.startswith("yaml-language-server:"):
            continue
        if not line.startswith("#") or not text:
            break
        said.append(text)
        if text.endswith("."):
            break
    sentence, dot, _ = " ".join(said).partition(". ")
    return "".join(each for each in sentence + dot.strip() if each.isprintable())
