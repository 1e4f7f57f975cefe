"""The courier: the role that pulls copies from home to the embassy, over PostgreSQL's own protocols."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drill.sites.site import COURIER

if TYPE_CHECKING:
    from drill.sites.site import Site


def instruct(embassy: Site) -> dict[str, str]:
    """The environment of a program at the embassy that acts as courier; home has nothing of it."""
    return _passfile(embassy, "courier", COURIER, embassy.keys.password(COURIER))


def authorise(site: Site) -> dict[str, str]:
    """The environment of a program at a site that acts as the officer of the site's own server."""
    return _passfile(site, "officer", site.officer, site.officers_password)


def locally(site: Site) -> list[str]:
    """How a program at a site is told to reach the site's own server as the officer."""
    return ["-h", site.host.listens["unix_socket_directories"], "-p", site.host.listens["port"], "-U", site.officer]


def _passfile(site: Site, name: str, role: str, password: str) -> dict[str, str]:
    passfile = site.host.disk / f"passfile-of-{name}"
    site.host.write(passfile, f"*:*:*:{role}:{password}\n")
    return {"PGPASSFILE": str(passfile), "PGCONNECT_TIMEOUT": "10"}


def errand(home: Site, database: str = "postgres") -> str:
    """The connection string by which the embassy's programs reach home: over the cable, without any secret."""
    at = home.reached_from("embassy")
    return f"host={at.host} port={at.port} user={COURIER} dbname={database} sslmode=disable gssencmode=disable"
