"""How home is lost. A new kind: one file here, one name below."""

from typing import Annotated

from pydantic import Field

from drill.outages.freeze import Freeze
from drill.outages.network_cut import NetworkCut
from drill.outages.operator_drop import OperatorDrop
from drill.outages.power_loss import PowerLoss
from drill.outages.site_destroyed import SiteDestroyed
from drill.outages.wipe import Wipe

AnyOutage = Annotated[
    Freeze | NetworkCut | PowerLoss | SiteDestroyed | Wipe | OperatorDrop, Field(discriminator="kind")
]
