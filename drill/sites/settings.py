"""How every server of a drill is set up, at home and at the embassy."""

from collections.abc import Mapping

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

HBA = """\
local all all scram-sha-256
local replication all scram-sha-256
host all all all scram-sha-256
host replication all all scram-sha-256
"""
