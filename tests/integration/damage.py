"""What can be wrong with a register that came back: one line each, with the checks that must say so."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Damage:
    """SQL done by the officer past all keys; `says` stands in the reasons of the refusal."""

    register: str
    sql: str
    missed: tuple[str, ...]  # beside recovery_time
    says: str


_FIRST_PERSON = "personal_code = (select min(personal_code) from person)"
_SURNAME = f"update person set surname = surname || ' ' where {_FIRST_PERSON}"
_BALANCES = "update account a set balance = b.balance from account b where a.taxpayer in (1, 2)"
_SWAP = f"{_BALANCES} and b.taxpayer = 3 - a.taxpayer"
_MORTGAGE = "delete from mortgage where id = 5"
_UNVALIDATED = "update pg_constraint set convalidated = false where conname = 'company_share_capital'"
_INVALID = "update pg_index set indisvalid = false where indexrelid = 'ix_pension_personal_code'::regclass"
_ONE = "where (citizen, number) = (1, 1)"
_TWICE = f"insert into drill.receipt select * from drill.receipt {_ONE}"
_BACK = "select setval('shareholder_id_seq', 1)"
_ALL_OF_IT = ("content", "constraints", "indexes", "sequences")

# Each a register of its own, in one drill: what is wrong with one says nothing of the others.
FIRST = {
    "one value changed": Damage("population", _SURNAME, ("content",), "person"),
    "an index dropped": Damage("identity_documents", "drop index certificate_revoked", ("indexes",), "_revoked"),
    "one row deleted": Damage("land", _MORTGAGE, ("content",), "mortgage"),
    "a constraint not validated": Damage("business", _UNVALIDATED, ("constraints",), "company_share_capital"),
    "values swapped between rows": Damage("taxable_persons", _SWAP, ("content",), "account"),
    "an index not valid": Damage("pension_insurance", _INVALID, ("indexes",), "ix_pension_personal_code"),
}
SECOND = {
    "a receipt doubled": Damage("population", _TWICE, ("content", "receipts"), ""),
    "a receipt forged": Damage(
        "identity_documents", f"update drill.receipt set one = one + 1 {_ONE}", ("content", "receipts"), ""
    ),
    "a table dropped": Damage("land", "drop table mortgage", (*_ALL_OF_IT, "schema"), "mortgage"),
    "a sequence set back": Damage("business", _BACK, ("sequences",), "shareholder_id_seq"),
    "an extra table": Damage(
        "taxable_persons", "create table loot as select * from account", ("content", "schema"), "loot"
    ),
    "a receipt deleted": Damage(
        "pension_insurance", f"delete from drill.receipt {_ONE}", ("content", "receipts", "data_loss"), ""
    ),
}
DAMAGE = {**FIRST, **SECOND}
SOUND = {False: {"state_gazette"}, True: {"state_gazette"}}  # of the first and of the second
