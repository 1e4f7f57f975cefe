"""The network of one container host: an internal one of its own, with nothing on it but the drill's machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from drill.errors import CannotRun
from drill.hosts import engine

if TYPE_CHECKING:
    from docker import DockerClient

_HINT = "free some with `drill clean` or `docker network prune`"


def internal(name: str, labels: Mapping[str, str]) -> Any:
    """A network of that name, as testcontainers knows one; not made yet."""
    from testcontainers.core.network import Network

    made = Network(docker_network_kw={"driver": "bridge", "internal": True, "labels": dict(labels)})
    made.name = name
    return made


def gateway(client: DockerClient, network: Any) -> str:
    """Make it, and say where this machine is on it; CannotRun without free addresses, or where it is elsewhere."""
    from docker.errors import DockerException

    try:
        network.create()
        found = str(client.networks.get(network.id).attrs["IPAM"]["Config"][0].get("Gateway", ""))
    except DockerException as refused:
        raise CannotRun(f"no network {network.name}: {refused}", hint=_HINT) from refused
    if not found or not engine.on_this_machine(found):
        raise engine.far_away()
    return found
