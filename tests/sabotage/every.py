"""All that is done to copies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.sabotage.damage import Damage
from tests.sabotage.harmless import HARMLESS
from tests.sabotage.of_archives import ARCHIVED
from tests.sabotage.of_dumps import DUMPED
from tests.sabotage.of_indexes import INDEXES
from tests.sabotage.of_objects import OBJECTS
from tests.sabotage.of_rows import ROWS
from tests.sabotage.of_servers import SERVERS
from tests.sabotage.of_tables import TABLES

GROUPS: Mapping[str, Sequence[Damage]] = {
    "Rows of a database that was dumped later": ROWS,
    "What stands around them": OBJECTS,
    "Files of a dump": DUMPED,
    "Logs": ARCHIVED,
    "Files of tables": TABLES,
    "Files of indexes": INDEXES,
    "What a server knows of itself": SERVERS,
}
EVERY: tuple[Damage, ...] = (*(damage for damages in GROUPS.values() for damage in damages), *HARMLESS)
