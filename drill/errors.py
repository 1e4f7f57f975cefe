"""What can go wrong, told to the person who must act on it.

DrillError
  ScenarioError   the scenario or the command line is wrong; nothing was started        exit 2
  CannotRun       something the drill needs is missing: engine, image, disk, a kind     exit 4
    Unloadable    somebody's dump cannot be loaded here                                 exit 4
  StepFailed      a step did not do what it should                                      exit 4
    NotInTime     it was given up at its deadline                                       exit 4
      Killed      somebody else ended its program or its server                         exit 4
OutOfTime         the drill took longer than it was allowed to                          exit 4

A step of the recovery that fails is evidence and is judged. Whatever is not a DrillError is a bug (exit 70).
"""

from pathlib import Path


class DrillError(Exception):
    """Every error raised on purpose; `hint` says what to do next, `exit_code` what a script learns."""

    exit_code = 70

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class ScenarioError(DrillError):
    """The scenario or the command line is wrong. Nothing was started."""

    exit_code = 2


class CannotRun(DrillError):
    """Something the drill needs is missing, or this host cannot really do what is asked. There is no verdict."""

    exit_code = 4


class Unloadable(CannotRun):
    """Somebody's dump cannot be loaded here; `lacking` when it is this PostgreSQL that lacks what it needs."""

    def __init__(self, message: str, *, hint: str, lacking: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.lacking = lacking


class StepFailed(DrillError):
    """A step did not do what it should."""

    exit_code = 4


class NotInTime(StepFailed):
    """A step was given up at its deadline: it might still have done what it should, later."""


class Killed(NotInTime):
    """Its program or its server was killed, as a kernel without memory does: let alone, it might have done it."""


class OutOfTime(KeyboardInterrupt):
    """The drill's own limit interrupts it: no Exception, so that whoever waits for a step does not take it for that."""

    exit_code = 4
    hint = "see its events for the act it was in, and give it more with --timeout"


# In PostgreSQL's words and in the engine's: what this machine lacks, and what helps.
_LACKS = {
    "no space left on device": "{disk} is full: make room there, or set DRILL_WORK to a larger disk",
    "cannot allocate memory": "this machine has no memory left: let nothing else run on it, or give it more",
}
_KILLED = "terminated by signal 9"  # in PostgreSQL's words
_KILLED_CODES = (-9, 128 + 9)  # as a parent sees it, and as a shell tells it


def failure(
    message: str, *, hint: str, disk: object, seen: str = "", code: int | None = None
) -> StepFailed | CannotRun:
    """What a program's or a server's words make of a step, and the `code` with which a program ended.

    A full disk of this machine says nothing of a recovery, nor does a machine that has no memory left.
    """
    words = f"{message} {seen}".casefold()
    for lacks, helps in _LACKS.items():
        if lacks in words:
            return CannotRun(message, hint=helps.format(disk=disk))
    if code in _KILLED_CODES or _KILLED in words:
        says = "killed by somebody: has this machine too little memory? see its kernel's log"
        return Killed(message, hint=f"{says}; {hint}")
    return StepFailed(message, hint=hint)


def unwritable(path: Path, failed: OSError) -> CannotRun:
    """Evidence that finds no place."""
    return CannotRun(
        f"{path}: {failed.strerror or failed}", hint="choose a writable folder with free space: --runs DIR"
    )
