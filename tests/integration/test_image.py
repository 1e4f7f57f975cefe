"""The image of both sites, built without a registry and tried."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from drill.errors import CannotRun
from drill.hosts import binaries, image, rootfs

pytestmark = pytest.mark.docker


def test_it_is_built_from_the_wheel_in_seconds_and_runs(docker_client: Any) -> None:
    began = time.monotonic()
    built = image.build(docker_client)
    assert time.monotonic() - began < 30
    assert built.name == image.ours()
    assert (built.user, built.group) == (999, 999)
    found = next(each for each in image.images(docker_client) if each.name == built.name)
    assert found.present
    assert found.size is not None
    assert found.size < 60e6


def test_every_program_of_postgresql_finds_its_libraries(docker_client: Any) -> None:
    built = image.find(docker_client, image.ours())
    script = f'cd {built.programs}; for p in *; do "./$p" --version >/dev/null || echo "$p"; done; echo done'
    told = docker_client.containers.run(
        built.name, ["-c", script], entrypoint="/bin/sh", user="postgres", network_mode="none", remove=True
    )
    assert told.decode() == "done\n"


def test_databases_of_the_locales_of_this_machine_can_be_there(docker_client: Any) -> None:
    built = image.find(docker_client, image.ours())
    script = f"{built.programs}/initdb -D /tmp/d --locale=C.UTF-8 && echo done"
    told = docker_client.containers.run(
        built.name, ["-c", script], entrypoint="/bin/sh", user="postgres", network_mode="none", remove=True
    )
    assert told.decode().endswith("done\n")


def test_the_same_files_give_the_same_tree() -> None:
    package = binaries.wheel()
    assert package is not None
    assert rootfs.build(package) == rootfs.build(package)


def test_building_again_leaves_no_older_image_behind(docker_client: Any) -> None:
    image.build(docker_client)
    before = {each.id for each in docker_client.images.list()}
    image.build(docker_client)
    assert len({each.id for each in docker_client.images.list()}) == len(before)


def test_what_is_present_is_used_at_once(docker_client: Any) -> None:
    image.find(docker_client)
    began = time.monotonic()
    again = image.find(docker_client)
    assert time.monotonic() - began < 5
    assert again.postgres.startswith("18.")


def test_a_given_image_that_cannot_be_had_is_refused_fast(docker_client: Any) -> None:
    began = time.monotonic()
    with pytest.raises(CannotRun, match="no image localhost:1/nobody/has-this:1") as refused:
        image.find(docker_client, "localhost:1/nobody/has-this:1")
    assert refused.value.hint
    assert time.monotonic() - began < 40


@contextmanager
def _like_ours(client: Any, changes: str) -> Iterator[str]:
    """The name of an image that differs from ours in this."""
    name = "drill-test-changed"
    bare = client.containers.create(image.find(client, image.ours()).name, ["true"], labels={"drill.test": "1"})
    try:
        bare.commit(name, "1", changes=changes)
    finally:
        bare.remove(v=True)
    try:
        yield f"{name}:1"
    finally:
        client.images.remove(f"{name}:1")


def test_an_image_without_postgresql_is_refused(docker_client: Any) -> None:
    with (
        _like_ours(docker_client, "ENV PATH=/bin") as name,
        pytest.raises(CannotRun, match="has no PostgreSQL"),
    ):
        image.find(docker_client, name)


def test_no_volume_is_left_of_an_image_that_declares_one(docker_client: Any) -> None:
    with _like_ours(docker_client, "VOLUME /var/lib/postgresql") as name:
        before = {each.name for each in docker_client.volumes.list()}
        assert image.find(docker_client, name).name == name
        assert {each.name for each in docker_client.volumes.list()} <= before
