"""The courier: the role that pulls copies from home to the embassy, over PostgreSQL's own protocols."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drill.sites.site import COURIER, OFFICER

if TYPE_CHECKING:
    from drill.sites.site import Site


def instruct(embassy: Site) -> dict[str, str]:
    """The environment of a program at the embassy that acts as courier or officer: a passfile, home has none of it."""
    passfile = embassy.host.disk / "passfile"
    roles = (COURIER, OFFICER)
    embassy.host.write(passfile, "".join(f"*:*:*:{role}:{embassy.keys.password(role)}\n" for role in roles))
    return {"PGPASSFILE": str(passfile), "PGCONNECT_TIMEOUT": "10"}


def errand(home: Site, database: str = "postgres") -> str:
    """The connection string by which the embassy's programs reach home: over the cable, without any secret."""
    at = home.reached_from("embassy")
    return f"host={at.host} port={at.port} user={COURIER} dbname={database} sslmode=disable gssencmode=disable"
