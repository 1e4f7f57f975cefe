"""The program: runs the command line and turns whatever ends it into an exit code."""

import os
import sys
from io import TextIOWrapper

_INTERNAL, _INTERRUPTED, _READER_GONE = 70, 130, 141


def main() -> None:
    """Entry point of `drill`. Never exits 1 for a crash: 1 is a verdict."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a file's name may hold what the terminal cannot show
    try:
        code = _run()
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter complains while it ends
        code = _READER_GONE
    except KeyboardInterrupt:
        code = _INTERRUPTED
    sys.exit(code)


def _run() -> int:
    from drill.cli import app
    from drill.errors import DrillError

    try:
        app(prog_name="drill")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0 if ended.code is None else _INTERNAL
    except DrillError as wrong:
        _say(f"{wrong}\nhint: {wrong.hint}" if wrong.hint else str(wrong))
        return wrong.exit_code
    except (KeyboardInterrupt, BrokenPipeError):
        raise
    except Exception:  # noqa: BLE001  the last line of defence
        return _bug()
    return 0


def _bug() -> int:
    import traceback

    _say(f"{traceback.format_exc()}\nthis is a bug of drill: nothing is said about the drill or its objectives")
    return _INTERNAL


def _say(text: str) -> None:
    from drill.reports.text import lines

    print(lines(text), file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    main()
