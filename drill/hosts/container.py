"""A host that is a container: a named volume is its disk, an internal network of its own all it can reach."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from drill.clock import wait_until
from drill.errors import CannotRun, StepFailed
from drill.hosts import Address, Host, binaries, cargo, engine, image, network
from drill.hosts.inside import Inside
from drill.hosts.mark import Mark, mark_of
from drill.hosts.watchdog import watched

if TYPE_CHECKING:
    from docker import DockerClient

PORT = 5432
_VOLUME_AT = "/var/lib/postgresql"  # the volume that the official image declares
_USER = "postgres"
_IDLE = ["sleep", "infinity"]  # a machine without programs; `--init` takes in its orphans
_START = 30  # seconds for a container to answer after its start


@dataclass
class ContainerHost:
    """The machine of one site. Its power is the container, its disk the volume; PostgreSQL is started inside it."""

    name: str
    mark: Mark
    client: DockerClient
    image: image.Image
    _container: Any = field(default=None, init=False, repr=False)
    _network: Any = field(default=None, init=False, repr=False)
    _gateway: str = field(default="", init=False, repr=False)

    @property
    def programs(self) -> PurePosixPath:
        return self.image.programs

    @property
    def disk(self) -> PurePosixPath:
        return PurePosixPath(_VOLUME_AT, "drill")

    @property
    def listens(self) -> Mapping[str, str]:
        return {"listen_addresses": "*", "port": str(PORT), "unix_socket_directories": str(self.disk)}

    @property
    def gateway(self) -> str:
        """The drill's machine on this host's network; the same as long as the host is open."""
        if not self._gateway:
            raise StepFailed(f"{self.name} is not open", hint="open the host first")
        return self._gateway

    # -- up and down --------------------------------------------------------------------------------------------------

    @contextmanager
    def open(self) -> Iterator[None]:
        """The machine, running, with an empty disk; undone: container, volume and network are removed."""
        try:
            self._connect()
            self._build()
            yield
        except BaseException:
            self._take_down()
            raise
        if stayed := self._take_down():
            raise StepFailed(f"{self.name}: {'; '.join(stayed)}", hint="remove it with `drill clean`")

    def _connect(self) -> None:
        self._network = network.internal(self._label, self.mark.labels(self.name))
        self._gateway = network.gateway(self.client, self._network)

    def _build(self) -> None:
        from docker.errors import DockerException
        from testcontainers.core.container import DockerContainer

        labels = self.mark.labels(self.name)
        try:
            self.client.volumes.create(self._label, labels=labels)
            container = DockerContainer(self.image.name).with_name(self._label).with_network(self._network)
            container.with_volume_mapping(self._label, _VOLUME_AT, "rw").with_command(_IDLE[1:])
            container.with_kwargs(
                entrypoint=_IDLE[:1],
                init=True,
                user="0",  # not the site's user: after a restart a pid of `sleep` may be that of an old postmaster.pid
                hostname=self.name,
                labels=labels,
                shm_size="256m",
                dns=[
                    "127.0.0.1"
                ],  # itself, where nobody answers: else the engine may ask the machine's resolver for it
                security_opt=["no-new-privileges"],
            )
            container.image = self.image.name  # without the prefix that its settings may put before it
            self._container = container
            container.start()
        except DockerException as refused:
            raise CannotRun(f"no container for {self.name}: {refused}", hint="see `drill doctor`") from refused
        disk = str(self.disk)
        self._inside("0", "/").run(
            [
                "/bin/sh",
                "-c",
                'mkdir -m 0700 "$1" && chown "$2" "$1"',
                "sh",
                disk,
                f"{self.image.user}:{self.image.group}",
            ],
            deadline=_START,
        )

    def _take_down(self) -> list[str]:
        """Remove what was made, as far as it was; one line for each object that stayed."""
        kinds = {"container": self._label, "volume": self._label, "network": self._label}
        stayed = engine.discard(self.client, [engine.Marked(kind, name, self.mark) for kind, name in kinds.items()])
        for made in (self._container, self._network):
            if made is not None:
                made._docker.client.close()  # each has opened a connection of its own
        self._container = self._network = None
        return stayed

    @property
    def _label(self) -> str:
        """The name of the host's container, volume and network."""
        return f"drill-{self.mark.run_id}-{self.name}"

    # -- programs and files -------------------------------------------------------------------------------------------

    def run(self, argv: Sequence[str], *, deadline: float, env: Mapping[str, str] | None = None) -> str:
        return self._inside().run(argv, deadline=deadline, env=env)

    def start(self, argv: Sequence[str], *, log: PurePosixPath, env: Mapping[str, str] | None = None) -> None:
        self._inside().start(argv, log=str(log), env=env)

    def write(self, path: PurePosixPath, text: str) -> None:
        self._make_folder(path.parent)
        self._inside().put(path, text, (self.image.user, self.image.group))

    def bring(self, source: Path, to: PurePosixPath, *, without: Collection[Path] = frozenset()) -> None:
        """As one stream, in which files are of mode 0600 and folders of mode 0700."""
        self._make_folder(to.parent)
        owner = (self.image.user, self.image.group)
        self._inside().unpack(to.parent, cargo.packed(source, to.name, owner, without=without))

    def _make_folder(self, folder: PurePosixPath) -> None:
        self._inside(folder="/").run(["mkdir", "-p", "-m", "0700", str(folder)], deadline=_START)

    def read(self, path: PurePosixPath) -> str:
        """The text of a file, also while the power is off; empty when there is none, or no disk."""
        return self._inside().get(path)

    def running(self) -> Sequence[str]:
        """As the machine of the engine sees it; StepFailed where it cannot tell, since that is no proof of silence."""
        try:
            seen = self._ask("top", ps_args="-eo pid,ppid,stat,comm,args")
        except StepFailed:
            if self._state().get("Running"):
                raise
            return []
        rows = [row for row in seen["Processes"] or [] if not row[2].startswith("Z")]
        init = str(self._state().get("Pid", 0))
        idle = {init, *(row[0] for row in rows if row[1] == init and row[4] == " ".join(_IDLE))}
        return [f"{row[0]} {row[3]}" for row in rows if row[0] not in idle]

    # -- power, disk, address -----------------------------------------------------------------------------------------

    def power_off(self) -> None:
        try:
            self._ask("kill", signal="SIGKILL")
        except StepFailed:
            if self._state().get("Running"):
                raise
        hint = f"see `docker inspect {self._label}`"
        wait_until(f"{self.name}: power off", lambda: not self._state().get("Running"), deadline=_START, hint=hint)

    def power_on(self) -> None:
        """Start the container again, on the same volume. A host whose disk was erased stays away: nothing happens."""
        if self.disk_is_gone():
            return
        self._ask("start")
        hint = f"see `docker logs {self._label}`"
        wait_until(f"{self.name}: power on", self._answers, deadline=_START, hint=hint)

    def freeze(self) -> None:
        if not self.is_frozen():
            self._ask("pause")

    def thaw(self) -> None:
        if self.is_frozen():
            self._ask("unpause")

    def is_frozen(self) -> bool:
        """The engine's word: it stops a container as a whole or not at all."""
        return bool(self._state().get("Paused"))

    def erase_disk(self) -> None:
        """The volume goes only with its container: the machine is destroyed, and cannot come back."""
        if self._state().get("Running"):
            raise StepFailed(f"{self.name}: its power is on", hint="take the power first")
        doomed = [engine.Marked(kind, self._label, self.mark) for kind in ("container", "volume")]
        if stayed := engine.discard(self.client, doomed):
            raise StepFailed(f"{self.name}: not erased: {'; '.join(stayed)}", hint="see `docker volume ls`")

    def disk_is_gone(self) -> bool:
        """Asked of the engine: neither the volume is there nor a container that could hold it."""
        try:
            self._ask("inspect_volume")
        except engine.Absent:
            return not self._state()
        return False

    def address(self) -> Address:
        networks = self._ask("inspect_container")["NetworkSettings"]["Networks"] if self._state() else {}
        number = networks.get(self._label, {}).get("IPAddress")
        if not number:
            raise StepFailed(f"{self.name} has no address: its power is off", hint="give the power back first")
        return Address(str(number), PORT)

    def _ask(self, verb: str, **how: Any) -> Any:
        """The engine about what carries this host's name."""
        return engine.ask(self.client, verb, self._label, **how)

    def _inside(self, user: str = _USER, folder: str = "") -> Inside:
        return Inside(self.client, self._label, user, folder or str(self.disk))

    def _answers(self) -> bool:
        self._inside(folder="/").run(["true"], deadline=_START)
        return True

    def _state(self) -> Mapping[str, Any]:
        """The engine's word on the container; empty when there is none."""
        try:
            state: Mapping[str, Any] = self._ask("inspect_container")["State"]
        except engine.Absent:
            return {}
        return state


@dataclass(frozen=True)
class ContainerPremises:
    """Two containers on the engine of this machine."""

    client: DockerClient
    image: image.Image
    why: str
    kind: str = "docker"
    apart: str = "each site in a container, on a volume and an internal network of its own"

    @property
    def postgres(self) -> str:
        return self.image.postgres

    def room(self) -> tuple[int, str]:
        """What is free where the engine, which is on this machine, keeps its volumes."""
        with closing(self.client):
            folder = str(engine.ask(self.client, "info")["DockerRootDir"])
        existing = next(path for path in (Path(folder), *Path(folder).parents) if path.exists())
        return shutil.disk_usage(existing).free, folder

    @contextmanager
    def hosts(self, run_id: str) -> Iterator[tuple[Host, Host]]:
        """Both hosts, with a watchdog; undone: nothing of the run is left on the engine, or StepFailed says what."""
        mark = mark_of(run_id)
        with watched(run_id, None, docker=True):
            try:
                home, embassy = (ContainerHost(name, mark, self.client, self.image) for name in ("home", "embassy"))
                yield home, embassy
            except BaseException:
                with suppress(Exception):  # the first error goes on
                    self._sweep(run_id)
                raise
            if stayed := self._sweep(run_id):
                raise StepFailed("; ".join(stayed), hint=f"remove it with `drill clean --run {run_id}`")

    def _sweep(self, run_id: str) -> list[str]:
        with closing(self.client):  # its idle connections; the next call opens new ones
            return engine.discard(self.client, list(engine.marked(self.client, run_id)))


def choose(
    given: str | None = None,
    *,
    why: str,
    say: Callable[[str], None] = lambda _: None,
    oldest: int = binaries.OLDEST,
) -> ContainerPremises:
    """The premises on the local engine, with an image found, pulled or built; CannotRun when there are none."""
    from testcontainers.core.config import testcontainers_config

    testcontainers_config.ryuk_disabled = True  # labels and the watchdog stand in for it; it would have to be pulled
    testcontainers_config.tc_properties.pop("tc.host", None)  # one engine for all: that of the docker command
    with closing(engine.connect()) as client:
        return ContainerPremises(client, image.find(client, given, say=say, oldest=oldest), why)
