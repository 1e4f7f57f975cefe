"""Keys of an officer: whose they are, and who may read them."""

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from drill.errors import ScenarioError
from drill.signature import PRIVATE, PUBLIC, PublicKey, Signer, new_key, own_signer


def test_a_new_key_is_for_nobody_else_to_read_and_never_overwritten(tmp_path: Path) -> None:
    public = new_key(tmp_path / "keys")
    private = tmp_path / "keys" / PRIVATE
    before = private.read_bytes()
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    with pytest.raises(ScenarioError, match="exists already"):
        new_key(tmp_path / "keys")
    private.rename(tmp_path / "moved")
    with pytest.raises(ScenarioError, match="exists already"):
        new_key(tmp_path / "keys")
    assert (tmp_path / "moved").read_bytes() == before
    assert Signer.read(tmp_path / "moved").public.pem == public.pem


def open_to_all(path: Path) -> None:
    path.chmod(0o640)


def something_that_all_may_read(path: Path) -> None:
    path.write_text("x")
    path.chmod(0o644)


def its_public_key(path: Path) -> None:
    (path.parent / PUBLIC).rename(path)


def of_another_kind(path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    path.write_bytes(generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (Path.unlink, "No such file"),
        (open_to_all, "others may read"),
        (lambda path: path.write_text("x"), "no private key"),
        (something_that_all_may_read, "no private key"),
        (its_public_key, "holds a public key"),
        (of_another_kind, "another kind"),
    ],
)
def test_what_is_no_private_key_is_refused(tmp_path: Path, change: Callable[[Path], object], says: str) -> None:
    new_key(tmp_path)
    change(tmp_path / PRIVATE)
    with pytest.raises(ScenarioError, match=says):
        own_signer(tmp_path / PRIVATE, tmp_path / "runs")


def test_a_key_that_lies_with_the_evidence_is_refused(tmp_path: Path) -> None:
    new_key(tmp_path / "runs" / "keys")
    with pytest.raises(ScenarioError, match="lies with the evidence"):
        own_signer(tmp_path / "runs" / "keys" / PRIVATE, tmp_path / "runs")


def test_a_private_key_is_no_public_key(tmp_path: Path) -> None:
    new_key(tmp_path)
    for name in (PRIVATE, "absent"):
        with pytest.raises(ScenarioError):
            PublicKey.read(tmp_path / name)


def test_this_users_own_key_is_taken_where_there_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert own_signer(None, tmp_path / "runs") is None
    public = new_key(tmp_path / "drill")
    signer = own_signer(None, tmp_path / "runs")
    assert signer is not None
    assert signer.public.fingerprint == public.fingerprint
    assert "PRIVATE" not in repr(signer)
