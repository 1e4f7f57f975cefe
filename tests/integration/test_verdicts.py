"""Whole drills in which something is wrong for real: the verdict must say so, for that reason and for no other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from drill.citizens import desk
from drill.clock import wait_until
from drill.copies.streaming import Following, Streaming
from drill.errors import DrillError
from drill.hosts.process import ProcessPremises
from drill.judge import judged
from drill.ledger import Errand, Key, Outcome
from drill.outages.power_loss import PowerLoss
from drill.parts import Drill, KeptCopy
from drill.recoveries.promote import Promote
from drill.rehearsal import Rehearsal
from drill.result import Judged
from drill.scenario import Scenario
from drill.sites.site import Site, citizen
from drill.timeline import Event, Timeline
from drill.verdict import Verdict
