"""Keys that sign notes, and what each kind signs.

Three kinds, told apart by one byte (c2sp.org/signed-note, c2sp.org/tlog-cosignature):

    0x01  Ed25519 over the text of the note: how a log signs its checkpoints
    0x04  Ed25519 over a time and the text (cosignature/v1): how a witness signs
    0x06  ML-DSA-44 over a time, both names, size and root (subtree/v1): a log's second signature, or a witness's

A public key travels as a vkey, NAME+ID+BASE64; a secret one as PRIVATE+KEY+NAME+ID+BASE64, as Go's note package has it.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from detente.errors import FormatError, LedgerError, ProofError
from detente.ledger.formats.checkpoint import parse_checkpoint
from detente.ledger.formats.note import Note, SignatureLine, check_key_name
from detente.ledger.formats.text import decode_base64, encode_base64

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

__all__ = ["Algorithm", "PublicKey", "SecretKey", "cosigned_at", "signatures_by"]

_SECRET = "PRIVATE+KEY+"  # noqa: S105 -- the mark before a secret key, not a secret
_STAMP = struct.Struct(">Q")
_SEED_SIZE = 32


class Algorithm(IntEnum):
    """What a key signs, and how: the identifier byte of signed notes."""

    ED25519 = 0x01
    COSIGNATURE_ED25519 = 0x04
    COSIGNATURE_ML_DSA_44 = 0x06

    @property
    def public_size(self) -> int:
        """Bytes of a public key."""
        return 1312 if self is Algorithm.COSIGNATURE_ML_DSA_44 else 32

    @property
    def signature_size(self) -> int:
        """Bytes after the key's id, with the time where there is one."""
        return {0x01: 64, 0x04: 8 + 64, 0x06: 8 + 2420}[self]

    @property
    def stamped(self) -> bool:
        """Whether a signature says when it was made."""
        return self is not Algorithm.ED25519


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that checks signatures."""

    name: str
    algorithm: Algorithm
    material: bytes
    """The encoding of the public key alone."""

    def __post_init__(self) -> None:
        check_key_name(self.name)
        if len(self.material) != self.algorithm.public_size:
            raise FormatError(
                f"key {self.name}: found {len(self.material)} bytes, expected {self.algorithm.public_size}"
            )

    @classmethod
    def parse(cls, text: str) -> "PublicKey":
        """Read a vkey, NAME+ID+BASE64. Raises FormatError, also where the id is not that of the key."""
        name, _, rest = text.partition("+")
        key_id, plus, material = rest.partition("+")
        if not plus:
            raise FormatError(f"public key: found {text[:60]!r}, expected NAME+ID+BASE64")
        check_key_name(name)
        key = cls(name, *_material(material, f"public key {name}"))
        _check_id(key_id, key.id, f"public key {name}")
        return key

    @property
    def id(self) -> bytes:
        """The first 4 bytes of a hash of name, algorithm and key: which key a signature says it is by."""
        return sha256(self.name.encode() + b"\n" + bytes((self.algorithm,)) + self.material).digest()[:4]

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the bare key in hexadecimal: the same whatever the key is named."""
        return sha256(self.material).hexdigest()

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{encode_base64(bytes((self.algorithm,)) + self.material)}"

    def check(self, text: str, signature: bytes) -> None:
        """Check a signature of a note's text by this key.

        Raises
        ------
        ProofError
            It does not hold.
        FormatError
            ML-DSA-44 signs checkpoints only, without extensions, and this is none.

        """
        if len(signature) != self.algorithm.signature_size:
            raise ProofError(
                f"signature by {self.name}: found {len(signature)} bytes, expected {self.algorithm.signature_size}"
            )
        stamp = cosigned_at(self.algorithm, signature)
        message = _message(self.algorithm, self.name, text, stamp)
        try:
            self._verifier().verify(signature[8:] if self.algorithm.stamped else signature, message)
        except InvalidSignature:
            raise ProofError(f"signature by {self.name}: does not hold for this text") from None

    def _verifier(self) -> "Ed25519PublicKey | MLDSA44PublicKey":
        if self.algorithm is Algorithm.COSIGNATURE_ML_DSA_44:
            return _ml_dsa_public(self.material)
        return Ed25519PublicKey.from_public_bytes(self.material)


class SecretKey:
    """A key that signs. It never shows itself but by `reveal`, and writes itself nowhere.

    Parameters
    ----------
    name
        What it signs as: a log's origin, or the name of a witness or source.
    algorithm
        What it signs.
    seed
        32 bytes from which the key is made.

    Raises
    ------
    LedgerError
        ML-DSA-44 is not in the installed `cryptography`.

    """

    __slots__ = ("_key", "_seed", "public")

    def __init__(self, name: str, algorithm: Algorithm, seed: bytes) -> None:
        if len(seed) != _SEED_SIZE:
            raise FormatError(f"secret key {name}: found {len(seed)} bytes, expected {_SEED_SIZE}")
        self._seed = seed
        self._key: Ed25519PrivateKey | MLDSA44PrivateKey = (
            _ml_dsa_secret(seed)
            if algorithm is Algorithm.COSIGNATURE_ML_DSA_44
            else Ed25519PrivateKey.from_private_bytes(seed)
        )
        self.public = PublicKey(name, algorithm, self._key.public_key().public_bytes_raw())

    @classmethod
    def parse(cls, text: str) -> "SecretKey":
        """Read PRIVATE+KEY+NAME+ID+BASE64. Raises FormatError, which never repeats the key."""
        name, _, rest = text.removeprefix(_SECRET).partition("+")
        key_id, plus, material = rest.partition("+")
        if not (text.startswith(_SECRET) and plus):
            raise FormatError("secret key: expected PRIVATE+KEY+NAME+ID+BASE64")
        check_key_name(name)
        try:
            key = cls(name, *_material(material, f"secret key {name}"))
        except FormatError:  # whose message may quote what it found
            raise FormatError(f"secret key {name}: found something else than a key of a known kind") from None
        _check_id(key_id, key.public.id, f"secret key {name}")
        return key

    def reveal(self) -> str:
        """Return the key itself, for a file that only its owner can read."""
        material = encode_base64(bytes((self.public.algorithm,)) + self._seed)
        return f"{_SECRET}{self.public.name}+{self.public.id.hex()}+{material}"

    def __repr__(self) -> str:
        return f"<SecretKey of {self.public}>"

    def sign(self, text: str, at: int = 0) -> SignatureLine:
        """Return the signature of a note's text; `at` is the time of a cosignature in POSIX seconds."""
        public = self.public
        signature = self._key.sign(_message(public.algorithm, public.name, text, at))
        stamp = _STAMP.pack(at) if public.algorithm.stamped else b""
        return SignatureLine(public.name, public.id, stamp + signature)


def signatures_by(note: Note, key: PublicKey) -> list[SignatureLine]:
    """Return the signatures on the note that say they are by `key`, each of them checked.

    Raises
    ------
    ProofError
        One of them does not hold: a note with a false signature of a known key is not to be believed at all.

    """
    key_id = key.id
    found = [line for line in note.signatures if line.name == key.name and line.key_id == key_id]
    for line in found:
        key.check(note.text, line.signature)
    return found


def cosigned_at(algorithm: Algorithm, signature: bytes) -> int:
    """Return the POSIX time in a cosignature, 0 for a signature that carries none."""
    return _STAMP.unpack(signature[:8])[0] if algorithm.stamped else 0


def _message(algorithm: Algorithm, name: str, text: str, at: int) -> bytes:
    """Return the bytes that are signed."""
    if not 0 <= at < 2**63:
        raise ProofError(f"signature by {name}: found the time {at}, expected 0 to 2^63 - 1")
    if algorithm is Algorithm.ED25519:
        return text.encode()
    if algorithm is Algorithm.COSIGNATURE_ED25519:
        return f"cosignature/v1\ntime {at}\n{text}".encode()
    checkpoint = parse_checkpoint(text)
    if checkpoint.extensions:
        raise FormatError("ML-DSA-44 cosignatures do not cover extension lines: found some in the checkpoint")
    return b"".join(
        (
            b"subtree/v1\n\0",
            _short_string(name),
            _STAMP.pack(at),
            _short_string(checkpoint.origin),
            _STAMP.pack(0),
            _STAMP.pack(checkpoint.size),
            checkpoint.root,
        )
    )


def _short_string(text: str) -> bytes:
    data = text.encode()
    if not 1 <= len(data) <= 255:
        raise FormatError(f"name: found {len(data)} bytes, expected 1 to 255")
    return bytes((len(data),)) + data


def _material(text: str, what: str) -> tuple[Algorithm, bytes]:
    data = decode_base64(text, what)
    try:
        return Algorithm(data[0]), data[1:]
    except (IndexError, ValueError):
        known = ", ".join(f"{algorithm:#04x}" for algorithm in Algorithm)
        raise FormatError(f"{what}: found an algorithm we do not know, expected one of {known}") from None


def _check_id(found: str, expected: bytes, what: str) -> None:
    if found != expected.hex():
        raise FormatError(
            f"{what}: found the id {found[:20]!r}, expected {expected.hex()} for this name and key"
        )


def _ml_dsa_public(material: bytes) -> "MLDSA44PublicKey":
    try:
        from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey  # noqa: PLC0415 -- newer

        return MLDSA44PublicKey.from_public_bytes(material)
    except (ImportError, UnsupportedAlgorithm):
        raise LedgerError(_NO_ML_DSA) from None


def _ml_dsa_secret(seed: bytes) -> "MLDSA44PrivateKey":
    try:
        from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey  # noqa: PLC0415 -- newer

        return MLDSA44PrivateKey.from_seed_bytes(seed)
    except (ImportError, UnsupportedAlgorithm):
        raise LedgerError(_NO_ML_DSA) from None


_NO_ML_DSA = "ML-DSA-44 is not in the installed cryptography or its OpenSSL: install a newer one, or use Ed25519 keys only"
