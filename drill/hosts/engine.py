"""The container engine of this machine, and what on it carries the mark of a run."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from drill.errors import CannotRun, StepFailed, failure
from drill.hosts.mark import LABEL_OWNER, LABEL_RUN, LABEL_STARTED, Mark, is_run_id

if TYPE_CHECKING:
    from docker import DockerClient

_PATIENCE = 60  # seconds for one answer of the engine
KINDS = ("container", "volume", "network")  # in the order in which they can be removed


@dataclass(frozen=True, slots=True)
class Marked:
    """An object of the engine which carries a run's mark."""

    kind: str  # container | volume | network
    name: str
    mark: Mark


class Absent(StepFailed):
    """The engine knows no such container, volume or file."""


def ask(client: DockerClient, verb: str, *what: Any, **how: Any) -> Any:
    """One call of the engine's low-level client; StepFailed with the engine's words, or Absent."""
    from docker.errors import APIError, DockerException, NotFound
    from requests.exceptions import RequestException

    try:
        return getattr(client.api, verb)(*what, **how)
    except NotFound as unknown:
        raise Absent(f"the engine knows nothing of it: {_reason(unknown)}", hint="was it removed?") from unknown
    except DockerException as refused:  # an answer; also a RequestException, which is why it comes first
        said = f"the engine refuses to {verb}: {_reason(refused)}"
        if isinstance(refused, APIError) and refused.is_server_error():
            raise CannotRun(said, hint="is the engine well? is its disk full? see its log") from refused
        raise failure(said, hint="is this host's power off?", disk="the disk of the Docker engine") from refused
    except RequestException as silent:
        raise CannotRun(
            f"the engine does not {verb}: {_reason(silent)}", hint="is the engine well? see its log"
        ) from silent


def connect(timeout: float = _PATIENCE) -> DockerClient:
    """A client of the local engine. CannotRun when none answers, or when its networks are not on this machine."""
    import docker
    from docker.errors import DockerException
    from requests.exceptions import RequestException

    where = _named_engine()
    if where is not None and not where.startswith("unix://"):
        raise CannotRun(
            f"the Docker engine is a remote one: {where}",
            hint="unset DOCKER_HOST (or `docker context use default`) to use this machine's engine, or --on embedded",
        )
    try:
        client = docker.DockerClient(base_url=where or "unix:///var/run/docker.sock", timeout=timeout)
        client.ping()
    except (DockerException, RequestException) as silent:
        raise CannotRun(
            f"no Docker engine answers at {where or 'unix:///var/run/docker.sock'}: {_reason(silent)}",
            hint="start Docker and see that `docker version` answers for this user, or use --on embedded",
        ) from silent
    try:
        _require_near(client)
    except CannotRun:
        client.close()
        raise
    return client


def _named_engine() -> str | None:
    """The engine that the user chose, by the environment or by a context of the docker command."""
    from docker.context import ContextAPI

    if named := os.environ.get("DOCKER_HOST"):
        return named
    try:
        context = ContextAPI.get_current_context()
    except Exception:  # noqa: BLE001 - somebody's broken configuration file: then the default engine
        return None
    return None if context is None or context.Name == "default" else str(context.Host)


def _require_near(client: DockerClient) -> None:
    """Networks of an engine in a virtual machine, or of the machine around this container, cannot be reached."""
    from docker.errors import DockerException

    try:
        configs = client.networks.get("bridge").attrs["IPAM"]["Config"] or []
    except DockerException:  # an engine without its usual network; each of the drill's own is looked at when made
        return
    subnets = [config["Subnet"] for config in configs if config.get("Subnet")]
    if subnets and not any(on_this_machine(subnet) for subnet in subnets):
        raise far_away()


def far_away() -> CannotRun:
    """The error for an engine whose networks are somewhere else."""
    return CannotRun(
        "the Docker engine's networks are not on this machine (Docker Desktop, rootless, or a drill in a container)",
        hint="run drill on the machine of the engine itself, or use --on embedded",
    )


def on_this_machine(subnet: str) -> bool:
    """Whether an interface of this machine has an address in the subnet (or is the address itself)."""
    import psutil

    network = ipaddress.ip_network(subnet, strict=False)
    addresses = [address for known in psutil.net_if_addrs().values() for address in known]
    return any(
        ipaddress.ip_address(address.address) in network for address in addresses if address.family == socket.AF_INET
    )


def marked(client: DockerClient, run_id: str | None = None) -> Iterator[Marked]:
    """Everything on the engine with the mark of a run (of any run); containers first, as they hold the rest."""
    chosen = {"label": LABEL_RUN if run_id is None else f"{LABEL_RUN}={run_id}"}
    for each in client.api.containers(all=True, filters=chosen):
        yield from _marked("container", each["Id"], each["Labels"])
    for each in client.api.volumes(filters=chosen)["Volumes"] or []:
        yield from _marked("volume", each["Name"], each["Labels"])
    for each in client.api.networks(filters=chosen):
        yield from _marked("network", each["Id"], each["Labels"])


def _marked(kind: str, name: str, labels: Mapping[str, str]) -> Iterator[Marked]:
    run_id, (pid, _, boot) = labels[LABEL_RUN], labels.get(LABEL_OWNER, "").partition("@")
    if is_run_id(run_id) and pid.isdigit() and boot:
        yield Marked(kind, name, Mark(run_id, int(pid), labels.get(LABEL_STARTED, ""), boot, socket.gethostname()))


def discard(client: DockerClient, objects: Sequence[Marked]) -> list[str]:
    """Remove these objects; one line for each that stayed. What is already gone is no error."""
    from docker.errors import DockerException, NotFound
    from requests.exceptions import RequestException

    stayed = []
    for each in sorted(objects, key=lambda each: KINDS.index(each.kind)):
        try:
            _discard(client, each)
        except NotFound:
            continue
        except (DockerException, RequestException) as failed:
            stayed.append(f"{each.kind} {each.name}: {_reason(failed)}")
    return stayed


def _discard(client: DockerClient, each: Marked) -> None:
    if each.kind == "container":
        client.api.remove_container(each.name, force=True, v=True)
    elif each.kind == "volume":
        client.api.remove_volume(each.name, force=True)
    else:
        client.api.remove_network(each.name)


def _reason(failed: Any) -> str:
    """What the engine said, or why it could not be asked, on one line."""
    if (refusal := _refusal(failed)) is not None:
        return refusal
    return " ".join(str(getattr(failed, "explanation", None) or failed).split())


def _refusal(failed: BaseException) -> str | None:
    """The operating system's own words below what the libraries made of them."""
    seen: BaseException | None = failed
    while seen is not None:
        for each in (seen, *seen.args):
            if isinstance(each, OSError) and each.strerror:
                return each.strerror.lower()
        seen = seen.__cause__ or seen.__context__
    return None
