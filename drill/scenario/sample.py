"""The commented scenario that `drill new` writes."""

import re

from drill.errors import ScenarioError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")

_SAMPLE = """\
# Home loses its power; the hot standby at the embassy takes over. Say here what this drill rehearses.
#
# It happened: name a real incident that this drill answers.
# It must prove: say what must be true for the drill to be as expected.
#
# Durations carry their unit: 200ms, 30s, 5m, 1h30m, 2d. `drill validate` reads this file without starting anything,
# `drill plan` shows what would happen, `drill list --kinds` shows what else can be written.
name: {name}
people: 13000                         # synthetic people in the registers
seed: 1                               # the same seed fills the same rows
registers: all                        # or a list; its order is the priority of recovery
# link: {{rtt: 38ms, bandwidth: 1Gbit/s}}   # the distance between the sites; left out, there is none

copies:                               # how the embassy gets the data; a drill keeps one or several
  - {{name: standby, kind: streaming, synchronous: false}}
# - {{name: courier, kind: dump, every: 10s, kept: 3, jobs: 2}}
# - {{name: embassy archive, kind: archive, restore_point_every: 5s}}

citizens: {{per_second: 40, timeout: 1s, stable_for: 2s}}
calm: 5s                              # how long they work before home is lost

outage: {{kind: power_loss}}            # or freeze, network_cut, site_destroyed
# outage: {{kind: wipe, discovered_after: 5s}}
# outage: {{kind: operator_drop, register: land, discovered_after: 5s}}

response:
  detect: {{every: 200ms, misses: 3}}   # the watch tries this often; so many misses in a row are a detection
  declare: {{by: officer on duty, after: 1s}}
  fence: cut                          # cut | off | none; `none` is judged missed (single_home)

recovery: {{kind: promote, from: standby}}
# recovery: {{kind: restore, from: courier, version: latest, jobs: 2}}
# recovery: {{kind: replay, from: embassy archive, to: {{before: outage}}}}
serve: after_gate                     # or during_gate: citizens are let in while the gate still runs

objectives:                           # for every register, but for those named below
  rto: 30s
  rpo: 5s
  registers: {{}}                       # {{population: {{rto: 20s, rpo: 0s}}}}

expect_missed: {{}}                     # {{data_loss: [population]}}: exactly these must miss; or `all`, or `some`
"""


def file_name(name: str) -> str:
    """NAME.yaml, for the current folder and nowhere else. Raises ScenarioError for a name that is none."""
    bare = name.removesuffix(".yaml")
    if not _NAME.fullmatch(bare):
        raise ScenarioError(
            f"{name!r} is no name for a scenario",
            hint="use up to 60 letters, digits, '-', '_' and '.', beginning with a letter or digit, and no folder",
        )
    return f"{bare}.yaml"


def sample(name: str) -> str:
    """The text of a scenario that plays as it stands."""
    words = re.sub(r"[-_]+", " ", name.removesuffix(".yaml")).strip()
    return _SAMPLE.format(name=f'"{words}"')
