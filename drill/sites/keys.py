"""The passwords of one run: random, one for each role, never in arguments, events or logs."""

import secrets
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Keys:
    """Both sites know the same roles, since the embassy's are a copy of home's."""

    _known: dict[str, str] = field(default_factory=dict, repr=False)

    def password(self, role: str) -> str:
        """Always the same for one role of one run."""
        return self._known.setdefault(role, secrets.token_urlsafe(24))
