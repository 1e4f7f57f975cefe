"""What a container site can reach: measured, so that SECURITY.md can say it."""

import socket
from collections.abc import Iterator

import pytest

from drill.clock import wait_until
from drill.errors import StepFailed
from drill.hosts import Host
from drill.hosts.container import ContainerPremises
from drill.hosts.mark import new_run_id

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
    wait_until("home answers itself", lambda: _asks(home, at.host, at.port), deadline=60, hint=home.read(home.disk / "log"))
    assert not _asks(embassy, at.host, at.port)


def test_a_listener_of_this_machine_at_the_gateway_is_reached(sites: tuple[Host, Host]) -> None:
    for host in sites:
        assert _arrives(host, host.gateway, host.gateway)


def test_a_listener_of_this_machine_on_all_addresses_is_reached_too(sites: tuple[Host, Host]) -> None:
    for host in sites:
        assert _arrives(host, "0.0.0.0", host.gateway)


def test_a_listener_on_loopback_is_not_reached(sites: tuple[Host, Host]) -> None:
    for host in sites:
        assert not _arrives(host, "127.0.0.1", host.gateway)
        assert not _arrives(host, "127.0.0.1", "127.0.0.1")


def test_the_other_site_s_gateway_is_not_reached(sites: tuple[Host, Host]) -> None:
    home, embassy = sites
    assert not _arrives(embassy, home.gateway, home.gateway)
    assert not _arrives(home, embassy.gateway, embassy.gateway)


def test_there_is_no_way_out(sites: tuple[Host, Host]) -> None:
    for host in sites:
        routes = [line.split() for line in host.run(["cat", "/proc/net/route"], deadline=10).splitlines()[1:]]
        assert routes
        assert all(destination != "00000000" for _, destination, *_ in routes)
