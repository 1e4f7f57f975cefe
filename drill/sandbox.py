"""Where somebody's copy is brought up: an empty server of its own that reaches no network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from drill.hosts import Premises, mark
from drill.hosts.cable import Cable
from drill.hosts.seclusion import seclude
from drill.sites.doors import forget_other_servers
from drill.sites.keys import Keys
from drill.sites.site import Site


def _unsaved(_: str, __: str) -> None:
    """Its log is not kept."""


@contextmanager
def sandbox(premises: Premises, superuser: str) -> Iterator[tuple[Site, str]]:
    """A site with nothing on its disk, and how it is kept from networks; undone, nothing of it is left."""
    forget_other_servers()
    run_id = mark.new_run_id()
    with ExitStack() as stack:
        _, host = stack.enter_context(premises.hosts(run_id))
        cable = stack.enter_context(Cable.laid(run_id))
        stack.enter_context(host.open())
        major = int(premises.postgres.partition(".")[0])
        site = Site("embassy", host, cable, Keys(), _unsaved, discreet=True, officer=superuser, major=major)
        yield site, seclude(host)
