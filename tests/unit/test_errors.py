"""What a step's words make of it: whether it failed, or this machine could not do it."""

import pytest

from drill.errors import CannotRun, DrillError, Killed, NotInTime, StepFailed, failure


@pytest.mark.parametrize(
    ("message", "seen", "code", "kind", "hint"),
    [
        ("it failed", "", 1, StepFailed, "ask it"),
        ("it failed", "", None, StepFailed, "ask it"),
        ("could not write: No space left on device", "", 1, CannotRun, "/disk is full: "),
        ("it failed", "FATAL:  could not map: Cannot allocate memory", None, CannotRun, "this machine has no memory"),
        ("it failed", "", -9, Killed, "killed by somebody: "),
        ("it failed", "", 137, Killed, "killed by somebody: "),
        (
            "it failed",
            "startup process (PID 7) was terminated by signal 9: Killed",
            None,
            Killed,
            "killed by somebody: ",
        ),
        (
            "it failed",
            "server process (PID 7) was terminated by signal 11: Segmentation fault",
            -11,
            StepFailed,
            "ask it",
        ),
        ("out of memory", "", 1, StepFailed, "ask it"),  # a damaged row may ask for more than any machine has
    ],
)
def test_a_machine_without_room_or_memory_says_nothing_of_a_step(
    message: str, seen: str, code: int | None, kind: type[DrillError], hint: str
) -> None:
    told = failure(message, hint="ask it", disk="/disk", seen=seen, code=code)
    assert type(told) is kind
    assert str(told) == message
    assert told.hint.startswith(hint)
    assert told.hint.endswith("ask it") is isinstance(told, StepFailed)
    assert isinstance(told, NotInTime) is (kind is Killed)
