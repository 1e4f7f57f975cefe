"""Keeping what runs on a host from every network, as far as this machine can."""

from __future__ import annotations

from drill.hosts import Host
from drill.hosts.accounts import run_as
from drill.hosts.process import ProcessHost

_ALONE = ("unshare", "--user", "--map-current-user", "--net")  # a namespace with no network at all


def seclude(host: Host) -> str:
    """From here on its programs see no network but sockets in its own folder; says how, or why not."""
    if not isinstance(host, ProcessHost):
        return "a container on an internal network of its own"
    try:
        tried = run_as(host.user, [*_ALONE, "true"])
        refusal = " ".join(tried.stderr.split()) if tried.returncode else ""
    except OSError as absent:
        refusal = str(absent)
    if refusal:
        return f"not kept from networks: {refusal}"
    host.before = _ALONE
    return "processes in a namespace without a network"
