"""What a container site can reach: measured, so that SECURITY.md can say it."""

import socket
from collections.abc import Iterator

import pytest

from drill.clock import wait_until
from drill.errors import StepFailed
from drill.hosts import Address, Host
from drill.hosts.container import ContainerPremises
from drill.hosts.mark import mark_of, new_run_id

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def sites(docker_premises: ContainerPremises) -> Iterator[tuple[Host, Host]]:
    with docker_premises.hosts(new_run_id()) as (home, embassy), home.open(), embassy.open():
        yield home, embassy


def _asks(host: Host, address: str, port: int) -> bool:
    """Whether a PostgreSQL answers there to a program inside the host."""
    try:
        host.run([str(host.programs / "pg_isready"), "-h", address, "-p", str(port), "-t", "2"], deadline=20)
    except StepFailed:
        return False
    return True


def _arrives(host: Host, listening: str, address: str) -> bool:
    """Whether a program inside the host reaches a listener of this machine, as the listener sees it."""
    with socket.create_server((listening, 0)) as server:
        server.settimeout(0.5)
        _asks(host, address, server.getsockname()[1])
        try:
            server.accept()[0].close()
        except TimeoutError:
            return False
    return True


def test_the_embassy_cannot_reach_home(sites: tuple[Host, Host]) -> None:
    home, embassy = sites
    data = home.disk / "data"
    options = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "-E", "UTF8", "-A", "reject"]
    home.run([str(home.programs / "initdb"), "-D", str(data), *options], deadline=120)
    settings = [word for name, setting in home.listens.items() for word in ("-c", f"{name}={setting}")]
    home.start([str(home.programs / "postgres"), "-D", str(data), *settings], log=home.disk / "log")
    at = home.address()
    wait_until(
        "home answers itself",
        lambda: _asks(home, at.host, at.port),
        deadline=60,
        hint=lambda: home.read(home.disk / "log"),
    )
    assert not _asks(embassy, at.host, at.port)


def test_a_listener_of_this_machine_at_the_gateway_is_reached(sites: tuple[Host, Host]) -> None:
    for host in sites:
        assert _arrives(host, host.gateway, host.gateway)


def test_a_listener_of_this_machine_on_all_addresses_is_reached_too(sites: tuple[Host, Host]) -> None:
    for host in sites:
        assert _arrives(host, "0.0.0.0", host.gateway)  # noqa: S104 - that is what is tried


def test_a_listener_on_loopback_is_not_reached(sites: tuple[Host, Host]) -> None:
    for host in sites:
        assert not _arrives(host, "127.0.0.1", host.gateway)
        assert not _arrives(host, "127.0.0.1", "127.0.0.1")


def _has_default_route(host: Host) -> bool:
    routes = [line.split() for line in host.run(["cat", "/proc/net/route"], deadline=10).splitlines()[1:]]
    assert routes
    return any(destination == "00000000" for _, destination, *_ in routes)


def test_other_addresses_of_this_machine_are_reached_where_the_engine_gives_a_route(sites: tuple[Host, Host]) -> None:
    """Engine 20.10 gives an internal network a default route to this machine; others need not."""
    home, embassy = sites
    assert _arrives(embassy, home.gateway, home.gateway) == _has_default_route(embassy)
    assert _arrives(home, embassy.gateway, embassy.gateway) == _has_default_route(home)


def test_nothing_behind_this_machine_is_reached(sites: tuple[Host, Host], docker_premises: ContainerPremises) -> None:
    """A server on another network stands for the world: this machine reaches it, the sites do not."""
    run_id, image = new_run_id(), docker_premises.image
    script = (
        "initdb -D /tmp/d --locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C -E UTF8 -A reject && "
        "exec postgres -D /tmp/d -c listen_addresses='*' -c unix_socket_directories=/tmp"
    )
    world = docker_premises.client.containers.run(
        image.name,
        [f"PATH={image.programs}:$PATH; {script}"],
        entrypoint=["/bin/sh", "-c"],
        user="postgres",
        labels=mark_of(run_id).labels(),
        detach=True,
    )
    try:
        world.reload()
        at = Address(world.attrs["NetworkSettings"]["Networks"]["bridge"]["IPAddress"], 5432)
        wait_until("the world answers this machine", lambda: at.answers(1), deadline=60, hint=lambda: str(world.logs()))
        assert not any(_asks(host, at.host, at.port) for host in sites)
        assert at.answers(1)
    finally:
        world.remove(force=True, v=True)
