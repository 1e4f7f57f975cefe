"""The program as its users start it: what it prints where, and how it exits."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from drill.scenario import Scenario

ROOT = Path(__file__).parents[2]
HEAVY = ("sqlalchemy", "testcontainers", "docker", "psycopg", "pydantic", "yaml")
COMMANDS = ["new", "list", "validate", "plan", "schema", "doctor", "image", "clean"]


def python(*arguments: str, folder: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    plain = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "COLUMNS": "200", "LC_ALL": "C.UTF-8"}
    argv = [sys.executable, *arguments]
    environment = plain | environment
    return subprocess.run(argv, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)


def drill(*arguments: str, folder: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    return python("-m", "drill", *arguments, folder=folder, **environment)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_its_help(command: str) -> None:
    helped = drill(command, "--help")
    assert (helped.returncode, helped.stderr) == (0, "")
    assert f"drill {command}" in helped.stdout


def test_the_help_names_commands_and_exit_codes() -> None:
    helped = drill("--help")
    assert helped.returncode == 0
    assert all(f" {command} " in helped.stdout for command in COMMANDS)
    codes = ("0 as expected", "1 a surprise", "4 could not run", "70 internal", "130 interrupted", "141 the reader")
    assert all(code in helped.stdout for code in codes)


@pytest.mark.parametrize("command", ["", "evidence verify"])
def test_exit_codes_are_not_ragged_on_a_terminal_of_80_columns(command: str) -> None:
    narrow, wide = (drill(*command.split(), "--help", COLUMNS=columns).stdout for columns in ("80", "200"))
    codes = [
        [line.strip() for line in told.partition("Exit codes:")[2].partition("\n  ")[0].splitlines()]
        for told in (narrow, wide)
    ]
    assert len(codes[0]) > 2
    assert codes[0] == codes[1]


@pytest.mark.parametrize("command", ["run", "verify", "report"])
def test_the_help_names_every_report_that_may_go_to_the_standard_output(command: str) -> None:
    shown = drill(command, "--help").stdout
    assert re.search(r"--json +FILE\|-", shown)
    assert re.search(r"--junit +FILE\|-", shown)


@pytest.mark.parametrize("name", ["people", "seed"])
def test_the_help_of_run_says_what_it_takes(name: str) -> None:
    limits = Scenario.model_json_schema()["properties"][name]
    (line,) = [line for line in drill("run", "--help").stdout.splitlines() if f"--{name} " in line]
    assert f"{limits['minimum']} to {limits['maximum']}" in line


def test_no_colour_where_none_is_wanted() -> None:
    assert "\x1b" not in drill("--help", NO_COLOR="1").stdout
    assert "\x1b" not in drill("validate", "nothing", NO_COLOR="1").stderr


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys, runpy\nsys.argv = ['drill', '--help']\n"
        "try: runpy.run_module('drill', run_name='__main__')\n"
        "except SystemExit: pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    assert python("-c", code).stderr.strip() == "[]"


def test_version() -> None:
    told = drill("--version")
    assert told.returncode == 0
    assert told.stdout.startswith("drill ")


@pytest.mark.parametrize("arguments", [(), ("nosuch",), ("plan",), ("plan", "power-loss", "--on", "moon"), ("--what",)])
def test_wrong_usage_exits_2(arguments: tuple[str, ...]) -> None:
    assert drill(*arguments).returncode == 2


def test_new_writes_a_scenario_that_is_valid_and_never_overwrites(tmp_path: Path) -> None:
    made = drill("new", "harju-storm", folder=tmp_path)
    assert (made.returncode, made.stdout) == (0, "harju-storm.yaml\n")
    file = tmp_path / "harju-storm.yaml"
    assert drill("validate", "harju-storm.yaml", folder=tmp_path).stdout == "harju-storm.yaml: valid\n"
    file.write_text("mine")
    again = drill("new", "harju-storm", folder=tmp_path)
    assert again.returncode == 2
    assert "exists already" in again.stderr
    assert file.read_text() == "mine"


def test_new_follows_no_link(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to(tmp_path / "elsewhere")
    assert drill("new", "a", folder=tmp_path).returncode == 2
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("name", ["../up", "a/b", "", "a b", ".hidden"])
def test_new_refuses_names_that_are_none(tmp_path: Path, name: str) -> None:
    refused = drill("new", name, folder=tmp_path)
    assert refused.returncode == 2
    assert "no name for a scenario\nhint: use up to 60" in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_validate_tells_every_mistake_of_every_file(tmp_path: Path) -> None:
    good = (ROOT / "scenarios" / "power-loss.yaml").read_text()
    (tmp_path / "a.yaml").write_text(good.replace("seed: 1", "sede: 1").replace("calm: 5s", "calm: 5"))
    (tmp_path / "b.yaml").write_text("name: [")
    told = drill("validate", "a.yaml", "power-loss", "b.yaml", folder=tmp_path)
    assert told.returncode == 2
    assert told.stdout.endswith("power-loss.yaml: valid\n")
    a, b, c, hint = told.stderr.splitlines()
    assert a == "a.yaml:10:1: unknown key 'sede' (did you mean seed?)"
    assert b == "a.yaml:15:7: calm: 5 has no unit: write 5s, 5ms or 5m"
    assert c.startswith("b.yaml:1:8: this is not YAML")
    assert hint.startswith("hint: ")


def test_validate_suggests_a_name(tmp_path: Path) -> None:
    told = drill("validate", "power-lost", folder=tmp_path)
    assert told.returncode == 2
    assert "(did you mean power-loss?)" in told.stderr


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"\x00" * 10, b"[" * 100_000, b"- &a [*a]"])
def test_no_file_makes_a_traceback(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.yaml").write_bytes(content)
    told = drill("validate", "x.yaml", folder=tmp_path)
    assert told.returncode == 2
    assert told.stderr.startswith("x.yaml:1:")
    assert "Traceback" not in told.stderr


def test_a_name_that_no_terminal_shows(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff\xfe.yaml")
    (tmp_path / name).write_bytes((ROOT / "scenarios" / "power-loss.yaml").read_bytes())
    assert drill("validate", name, folder=tmp_path).returncode == 0
    (tmp_path / name).write_text("a: 1")
    assert drill("validate", name, folder=tmp_path).returncode == 2


def test_a_folder_is_no_scenario(tmp_path: Path) -> None:
    assert drill("validate", ".", folder=tmp_path).returncode == 2


def test_list_shows_the_opening_sentences(tmp_path: Path) -> None:
    listed = drill("list", folder=tmp_path)
    assert listed.returncode == 0
    names = [line.split()[0] for line in listed.stdout.splitlines() if line[:1].isalpha()]
    assert names == sorted(path.stem for path in (ROOT / "scenarios").glob("*.yaml"))
    assert "Home goes dark" in listed.stdout
    empty = drill("list", ".", folder=tmp_path)
    assert (empty.returncode, empty.stdout) == (0, "")
    assert drill("list", "nowhere", folder=tmp_path).returncode == 2


def test_list_names_kinds_and_checks() -> None:
    listed = drill("list", "--kinds", "--checks").stdout
    assert "Is the outage proven?" in listed
    assert "Is every person or company that a register names known to the register it comes from?" in listed
    assert "Was the gate's own transaction, by the citizen role, acknowledged" in listed
    assert all(word in listed for word in ("recovery_time", "data_loss", "copies: dump", "outages: power_loss"))


def test_the_own_scenario_comes_before_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "power-loss.yaml").write_text("# Mine.\n")
    assert "Mine." in drill("list", folder=tmp_path).stdout
    assert drill("validate", "power-loss", folder=tmp_path).stderr.startswith("scenarios/power-loss.yaml:1:1:")


@pytest.mark.parametrize("option", ["--json", "--junit", "--markdown", "--html"])
def test_a_report_that_finds_no_place_is_told_before_the_drill(option: str, tmp_path: Path) -> None:
    told = drill("run", "power-loss", option, "none/x", folder=tmp_path)
    assert (told.returncode, told.stderr.splitlines()[0]) == (2, "none/x: there is no folder none")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("on", ["auto", "embedded", "docker"])
def test_plan_tells_every_act_and_leaves_nothing_behind(tmp_path: Path, on: str) -> None:
    told = drill("plan", "courier-dump", "--on", on, folder=tmp_path)
    assert told.returncode == 0
    assert "must miss   data_loss: population, land" in told.stdout
    assert "8. debrief" in told.stdout
    assert list(tmp_path.iterdir()) == []


def test_schema_is_json() -> None:
    assert json.loads(drill("schema").stdout)["title"] == "Scenario of a drill"


def test_a_crash_exits_70_and_says_so() -> None:
    code = (
        "import sys, drill.cli, drill.__main__ as program\n"
        "drill.cli.app.command('crash')(lambda: 1 / 0)\n"
        "sys.argv = ['drill', 'crash']\nprogram.main()"
    )
    crashed = python("-c", code)
    assert crashed.returncode == 70
    assert "ZeroDivisionError" in crashed.stderr
    assert "this is a bug of drill" in crashed.stderr


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        ("KeyboardInterrupt()", 130),
        ("errors.CannotRun('no engine', hint='start it')", 4),
        ("errors.StepFailed('no port', hint='free one')", 4),
        ("errors.ScenarioError('wrong', hint='write it right')", 2),
        ("BrokenPipeError()", 141),
    ],
)
def test_each_end_has_its_code(raised: str, code: int) -> None:
    program = (
        "import sys, drill.cli, drill.__main__ as program\nfrom drill import errors\n"
        f"def end(): raise {raised}\n"
        "drill.cli.app.command('end')(end)\nsys.argv = ['drill', 'end']\nprogram.main()"
    )
    ended = python("-c", program)
    assert ended.returncode == code
    assert "Traceback" not in ended.stderr
    assert ("hint: " in ended.stderr) == raised.startswith("errors.")
    assert (ended.stderr == "interrupted\n") == (code == 130)


def test_a_reader_that_went_away_is_no_verdict_and_no_noise() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    argv = [sys.executable, "-m", "drill", "schema"]
    with os.fdopen(writer, "w") as out:
        ended = subprocess.run(argv, cwd=ROOT, stdout=out, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr) == (141, "")
