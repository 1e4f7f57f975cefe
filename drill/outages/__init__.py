"""How home is lost. A new kind: one file here, one name below."""

from typing import Annotated

from pydantic import Field

from drill.outages.power_loss import PowerLoss
from drill.outages.site_destroyed import SiteDestroyed

AnyOutage = Annotated[PowerLoss | SiteDestroyed, Field(discriminator="kind")]
