"""How the embassy takes over. A new kind: one file here, one name below."""

from typing import Annotated

from pydantic import Field

from drill.recoveries.promote import Promote
from drill.recoveries.replay import Replay
from drill.recoveries.restore import Restore

AnyRecovery = Annotated[Promote | Replay | Restore, Field(discriminator="kind")]
