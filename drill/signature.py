"""Who vouches for evidence: Ed25519 keys in PEM files, and their signatures."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Self

from drill.errors import CannotRun, ScenarioError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PRIVATE, PUBLIC = "drill.key", "drill.pub"
_NEW = "`drill keys new` makes one"


@dataclass(frozen=True)
class PublicKey:
    """What a signature is checked with."""

    _key: Ed25519PublicKey

    @classmethod
    def read(cls, path: Path) -> Self:
        """From a PEM file; ScenarioError for what is no such key."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
        from cryptography.hazmat.primitives.serialization import load_pem_public_key

        hint = f"a public key is what `drill keys show` prints; {_NEW}"
        try:
            key = load_pem_public_key(path.read_bytes())
        except OSError as failed:
            raise ScenarioError(f"{path}: {failed.strerror}", hint=hint) from failed
        except ValueError:
            raise ScenarioError(f"{path} holds no public key", hint=hint) from None
        if not isinstance(key, Ed25519PublicKey):
            raise ScenarioError(f"{path} holds a public key of another kind than Ed25519", hint=hint)
        return cls(key)

    @property
    def pem(self) -> str:
        """As it lies in a file."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        return self._key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")

    @property
    def fingerprint(self) -> str:
        """SHA-256 of its DER form: `openssl pkey -pubin -in FILE -outform DER | sha256sum`."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        return sha256(self._key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()

    def made(self, signature: bytes, content: bytes) -> bool:
        """Whether the holder of the private key signed exactly this."""
        from cryptography.exceptions import InvalidSignature

        try:
            self._key.verify(signature, content)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, repr=False)
class Signer:
    """Somebody's private key. It is in memory and in its file, and nowhere else."""

    _key: Ed25519PrivateKey

    @classmethod
    def read(cls, path: Path) -> Self:
        """From a PEM file that nobody else can read; ScenarioError for anything else."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        try:
            content = path.read_bytes()
            mode = path.stat().st_mode
        except OSError as failed:
            raise ScenarioError(f"{path}: {failed.strerror}", hint=f"name a private key; {_NEW}") from failed
        if b"PUBLIC KEY" in content:
            raise ScenarioError(f"{path} holds a public key", hint=f"name the private key beside it; {_NEW}")
        try:
            key = load_pem_private_key(content, password=None)
        except (ValueError, TypeError):
            hint = f"it is a PEM file without a passphrase; {_NEW}"
            raise ScenarioError(f"{path} holds no private key that can be used", hint=hint) from None
        if not isinstance(key, Ed25519PrivateKey):
            raise ScenarioError(f"{path} holds a private key of another kind than Ed25519", hint=_NEW)
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ScenarioError(f"{path}: others may read this private key", hint=f"chmod 600 {path}")
        return cls(key)

    @property
    def public(self) -> PublicKey:
        """What others check its signatures with."""
        return PublicKey(self._key.public_key())

    def sign(self, content: bytes) -> bytes:
        """64 bytes."""
        return self._key.sign(content)


def new_key(folder: Path) -> PublicKey:
    """A new pair in two files of a folder, which is made for it. ScenarioError where there is one already."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    for name in (PRIVATE, PUBLIC):
        if os.path.lexists(folder / name):
            hint = "a key is never overwritten: choose another folder with --out, or move the old pair away"
            raise ScenarioError(f"{folder / name} exists already", hint=hint)
    key = Ed25519PrivateKey.generate()
    public = PublicKey(key.public_key())
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        _written(folder / PRIVATE, private, 0o600)
        _written(folder / PUBLIC, public.pem.encode("ascii"), 0o644)
    except OSError as failed:
        raise CannotRun(f"{folder}: {failed.strerror}", hint="choose another folder with --out") from failed
    return public


def _written(path: Path, content: bytes, mode: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode), "wb") as file:
        file.write(content)


def own_folder() -> Path:
    """Where this user's pair lies, unless another folder is named."""
    from platformdirs import user_config_path

    return user_config_path("drill")


def own_signer(named: Path | None, runs: Path) -> Signer | None:
    """The key that is named, else this user's, else none. ScenarioError for one that lies with the evidence."""
    path = named or own_folder() / PRIVATE
    if named is None and not os.access(path, os.F_OK):
        return None
    if path.resolve().is_relative_to(runs.resolve()):
        hint = "keep it where whoever can write to the evidence cannot read it"
        raise ScenarioError(f"{path}: this private key lies with the evidence that it is to protect", hint=hint)
    return Signer.read(path)


def own_public(named: Path | None) -> PublicKey | None:
    """The public key that is named, else this user's, else none."""
    path = named or own_folder() / PUBLIC
    return None if named is None and not os.access(path, os.F_OK) else PublicKey.read(path)
