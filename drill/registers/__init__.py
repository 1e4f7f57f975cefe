"""The state's registers, each a database of its own, in the order of their priority. A new one: one file, one name below."""

from collections.abc import Mapping

from drill.registers.population import POPULATION
from drill.registers.register import StateRegister

ALL: Mapping[str, StateRegister] = {register.name: register for register in (POPULATION,)}
