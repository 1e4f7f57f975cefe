"""What is brought onto a host, packed as a tar."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from drill.errors import CannotRun
from drill.hosts.cargo import packed

_MUCH = 50_000_001


def test_a_large_file_is_never_whole_in_memory(tmp_path: Path) -> None:
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(_MUCH)
    sizes = [len(chunk) for chunk in packed(large, "large", (7, 8))]
    assert max(sizes) <= 1024 * 1024
    assert sum(sizes) >= _MUCH


def test_the_tar_is_one_that_others_read(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "empty").mkdir(parents=True)
    (folder / ("long" * 40)).write_bytes(b"x" * 513)
    with tarfile.open(fileobj=io.BytesIO(b"".join(packed(folder, "tree", (7, 8))))) as tar:
        members = {member.name: member for member in tar}
        content = tar.extractfile(f"tree/{'long' * 40}")
        assert content is not None
        assert content.read() == b"x" * 513
    assert {name: (member.isdir(), member.mode, member.uid, member.gid) for name, member in members.items()} == {
        "tree": (True, 0o700, 7, 8),
        "tree/empty": (True, 0o700, 7, 8),
        f"tree/{'long' * 40}": (False, 0o600, 7, 8),
    }


def test_a_file_that_shrinks_meanwhile_is_told(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x" * 5_000_000)
    stream = packed(file, "file", (7, 8))
    assert len(next(stream)) == tarfile.BLOCKSIZE
    assert next(stream)
    file.write_bytes(b"")
    with pytest.raises(CannotRun, match="became shorter"):
        list(stream)
