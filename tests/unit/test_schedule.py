"""Appointments are dealt evenly, and nobody has two at a time."""

from itertools import islice, pairwise

from hypothesis import given
from hypothesis import strategies as st

from drill.citizens.schedule import Schedule

schedules = st.builds(
    Schedule,
    per_second=st.floats(0.5, 500),
    registers=st.integers(1, 7),
    timeout=st.floats(0.05, 5),
)


@given(schedules)
def test_each_citizen_is_free_again_when_the_next_appointment_comes(plan: Schedule) -> None:
    for citizen in {1, plan.crowd}:
        dues = [slot.due for slot in islice(plan.slots(0, citizen), 5)]
        assert all(later - earlier >= plan.timeout for earlier, later in pairwise(dues))


@given(schedules)
def test_the_office_as_a_whole_keeps_its_rate(plan: Schedule) -> None:
    people = [(register, citizen) for register in range(plan.registers) for citizen in range(1, plan.crowd + 1)]
    dues = sorted(slot.due for who in people for slot in islice(plan.slots(*who), 3))
    assert dues == [n / plan.per_second for n in range(3 * len(people))]


@given(schedules)
def test_numbers_count_up_without_a_gap(plan: Schedule) -> None:
    assert [slot.number for slot in islice(plan.slots(0, 1), 4)] == [1, 2, 3, 4]
