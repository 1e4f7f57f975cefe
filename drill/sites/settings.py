"""How every server of a drill is set up, at home and at the embassy."""

from collections.abc import Mapping

from drill.clusters import HIDING

SETTINGS: Mapping[str, str] = {
    "max_connections": "1100",  # more than any scenario has citizens
    "wal_level": "replica",
    "wal_sender_timeout": "5s",
    "wal_receiver_timeout": "5s",
    "archive_mode": "off",
    "jit": "off",
    "password_encryption": "scram-sha-256",
    "dynamic_shared_memory_type": "mmap",  # posix would leave files in /dev/shm after a kill
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_statement": "none",
    "log_min_error_statement": "panic",  # no rows of a register in the log
    "log_error_verbosity": "terse",
    "log_parameter_max_length_on_error": "0",
}

# C.UTF-8 of the C library may be missing in a small image, and glibc versions may differ between sites.
LETTERS = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--encoding=UTF8")
_BUILTIN = 17  # the major version that first has that provider
_TOLD = 16  # and whose initdb first takes settings

# Beside these where somebody's own data is: the message of an error may quote a row, and a trigger on events is theirs.
DISCREET: Mapping[str, str] = {"log_min_messages": "log", "event_triggers": "off"}

_SINCE: Mapping[str, int] = {"event_triggers": 17}  # by setting: the major version that was the first to know it


def known(settings: Mapping[str, str], major: int) -> dict[str, str]:
    """Those that a server of that version knows: it does not start with one that it does not."""
    return {name: setting for name, setting in settings.items() if _SINCE.get(name, 0) <= major}


def letters(major: int) -> list[str]:
    """The options of initdb for what a server of that version sorts by, where nobody says otherwise."""
    return [option for option in LETTERS if major >= _BUILTIN or "builtin" not in option]


def made_with(major: int, *settings: str) -> list[str]:
    """The options of initdb of that version for settings of the servers that it runs, where it takes any."""
    return [word for setting in settings for word in ("-c", setting)] if major >= _TOLD else []


# Of a session: a database's own settings might let it pass over damage.
HONEST = " ".join(f"-c {name}=off" for name in HIDING if name != "ignore_invalid_pages")  # which is a server's

HBA = """\
local all all scram-sha-256
local replication all scram-sha-256
host all all all scram-sha-256
host replication all all scram-sha-256
"""

# What the courier may do at home beside replication. Functions are granted in the database `postgres`, where it works.
RIGHTS = (
    "grant pg_read_all_data, pg_monitor to courier",
    "grant select on pg_authid to courier",
    "grant execute on function pg_create_restore_point(text) to courier",
)

# Asked over a new connection, which a server takes in only after it has passed on the order to promote.
RESUME = """
select case when pg_is_in_recovery() then case when pg_is_wal_replay_paused() then pg_wal_replay_resume() end end
"""

# Of a server on a copy of another's: it archives nothing, follows nobody, and waits for nobody.
SOLITARY: Mapping[str, str] = {
    **{"archive_mode": "off", "primary_conninfo": "", "primary_slot_name": "", "synchronous_standby_names": ""},
}
