"""What the figures were measured on: without this they say little."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path

import psutil

from drill.hosts import binaries, mark

_MODEL = re.compile(r"^model name\s*: (.+)$", re.M)


def machine() -> dict[str, str]:
    """By name, as people read it."""
    return {
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "memory": f"{psutil.virtual_memory().total / 1e9:.0f} GB",
        "file system": _file_system(mark.work_parent()),
        "load before": f"{os.getloadavg()[0]:.2f}",
        "PostgreSQL": binaries.find().version,
        "Python": platform.python_version(),
    }


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    found = _MODEL.search(told.read_text(encoding="utf-8")) if told.exists() else None
    return found[1] if found else platform.processor() or "unknown"


def _file_system(folder: Path) -> str:
    """Of the folder in which the sites' disks lie."""
    mounts = [part for part in psutil.disk_partitions(all=True) if folder.is_relative_to(part.mountpoint)]
    if not mounts:
        return "unknown"
    mount = max(mounts, key=lambda part: len(part.mountpoint))
    journal = Path("/sys/fs/ext4", Path(mount.device).name, "journal_task")
    without = journal.exists() and journal.read_text(encoding="ascii").strip() == "<none>"
    return f"{mount.fstype} {'without a journal (slow to create files)' if without else ''}".strip()
