"""The state's registers, each a database of its own, by priority. A new one: one file, one name below."""

from collections.abc import Mapping

from drill.registers.business import BUSINESS
from drill.registers.identity_documents import IDENTITY_DOCUMENTS
from drill.registers.land import LAND
from drill.registers.pension_insurance import PENSION_INSURANCE
from drill.registers.population import POPULATION
from drill.registers.register import StateRegister
from drill.registers.state_gazette import STATE_GAZETTE
from drill.registers.taxable_persons import TAXABLE_PERSONS

ALL: Mapping[str, StateRegister] = {
    register.name: register
    for register in (
        POPULATION,
        IDENTITY_DOCUMENTS,
        LAND,
        BUSINESS,
        TAXABLE_PERSONS,
        PENSION_INSURANCE,
        STATE_GAZETTE,
    )
}
