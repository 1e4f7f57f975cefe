"""From a scenario to a drill: every part chosen, nothing started."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from drill import registers
from drill.gate import IntegrityGate
from drill.objectives import OWN_DATA
from drill.parts import Drill, Register
from drill.registers.own_data import OwnData
from drill.sites.crossing import Crossing

if TYPE_CHECKING:
    from drill.scenario import Home, Scenario
    from drill.sites.site import Site


def drill_of(scenario: Scenario, home: Site, embassy: Site) -> Drill:
    """The drill that a scenario describes, at these two sites."""
    from drill.probes.survey import Surveyor

    survey, known = Surveyor(), dict[str, Register](registers.ALL)
    if scenario.home is not None:
        known[OWN_DATA] = _own_data(scenario.home)
    return Drill(
        name=scenario.name,
        home=home,
        embassy=embassy,
        people=scenario.people,
        seed=scenario.seed,
        registers={name: known[name] for name in scenario.register_names},
        objectives=scenario.objectives_by_register,
        copies={copy.name: copy for copy in scenario.copies},
        citizens=scenario.citizens,
        calm=scenario.calm,
        outage=scenario.outage,
        response=scenario.response,
        recovery=scenario.recovery,
        gate=IntegrityGate(survey),
        survey=survey,
        serve=scenario.serve,
        expected=scenario.expected,
        manners=scenario.manners,
        crossing=None if scenario.link is None else Crossing(scenario.link),
    )


def _own_data(home: Home) -> OwnData:
    return OwnData(home.dump, None if home.globals is None else Path(home.globals))
