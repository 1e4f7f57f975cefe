"""Which tables a recovery empties, and of which it leaves nothing."""

from drill.digest import Digest
from drill.evidence import Seal, Structure
from drill.unlogged import unlogged, wholly_unlogged

BOUND = "FOR VALUES FROM (0) TO (10)"


def seal(*tables: str, **relations: str) -> Seal:
    told = {f"public.{name}": each for name, each in relations.items()}
    return Seal({f"public.{table}": Digest() for table in tables}, Structure(objects={"relations": told}))


def test_an_unlogged_table_is_known_and_no_other() -> None:
    known = seal("a", "b", a="r u ", b="r p ", s="S u")
    assert list(unlogged(known)) == ["public.a"]
    assert "--allow unlogged accepts that" in unlogged(known)["public.a"]
    assert wholly_unlogged(known) == {"public.a"}
    assert unlogged(seal("b", b="r p ")) == {}
    assert unlogged(Seal({"public.a": Digest()})) == {}


def test_a_partitioned_table_is_where_one_of_its_partitions_is_and_wholly_where_all_are() -> None:
    tables = {"p": "p p RANGE (i) ", "p1": f"r u {BOUND} public.p ", "q": "p p RANGE (i) "}
    logged = {"q1": f"r p {BOUND} public.q ", "q2": "r p DEFAULT public.q "}
    one = seal("p", "q", **tables, **logged)
    assert list(unlogged(one)) == ["public.p"]
    assert wholly_unlogged(one) == {"public.p"}
    mixed = seal("p", "q", **tables, **{**logged, "q2": "r u DEFAULT public.q "})
    assert list(unlogged(mixed)) == ["public.p", "public.q"]
    assert wholly_unlogged(mixed) == {"public.p"}


def test_partitions_of_partitions_belong_to_the_table_at_the_top() -> None:
    tables = {"p": "p p RANGE (i) ", "m": f"p p LIST (j) {BOUND} public.p ", "m1": "r u FOR VALUES IN (1) public.m "}
    assert list(unlogged(seal("p", **tables))) == ["public.p"]
    assert wholly_unlogged(seal("p", **tables, m2="r p FOR VALUES IN (2) public.m ")) == frozenset()


def test_names_that_sql_quotes_and_names_that_end_alike_are_told_apart() -> None:
    tables = {"P": "p p RANGE (i) ", "is P": "p p RANGE (i) ", "P1": f'r u {BOUND} public."P" '}
    assert list(unlogged(seal("P", "is P", **tables))) == ["public.P"]
    tables |= {"public.P": "p p RANGE (i) ", "P1": f'r u {BOUND} public."public.P" '}
    assert list(unlogged(seal("P", "public.P", **tables))) == ["public.public.P"]


def test_where_the_table_of_a_partition_is_not_told_any_may_be_the_one() -> None:
    known = seal("p", "q", p="p p RANGE (i) ", q="p p RANGE (i) ", p1=f"r u {BOUND} public.x ")
    assert list(unlogged(known)) == ["public.p", "public.q"]
