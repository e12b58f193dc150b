"""Between a log and its witness: certificates are checked, and no other way is taken."""

import datetime as dt
import ipaddress
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from detente.errors import HostingError, QuorumError
from detente.hosting.place import Place, listen
from detente.ledger.formats.policy import parse_policy
from detente.ledger.witness.client import Collector
from tests.ledger.witness.logs import NOW, WITNESS_KEY, MemoryLog, cosigner, numbered
from tests.ledger.witness.servers import UNLIMITED, running

LOG = MemoryLog(numbered(5))


def certificate(folder, name, address):
    """Write a self-signed certificate for an address, and its key; gives both paths."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, secret = folder / f"{name}.pem", folder / f"{name}.key"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return pem, secret


def collect(port, trusted):
    rule = parse_policy(f"witness w {WITNESS_KEY.public} https://127.0.0.1:{port}\nquorum w\n".encode())
    tls = None if trusted is None else ssl.create_default_context(cafile=str(trusted))
    return Collector(rule, tls=tls, within=5.0, clock=lambda: NOW).collect(LOG.note(), LOG.consistency)


def test_a_certificate_that_is_trusted(tmp_path):
    pem, key = certificate(tmp_path, "right", "127.0.0.1")
    with running(cosigner(tmp_path), UNLIMITED, Place(port=0, certificate=pem, certificate_key=key)) as port:
        assert len(collect(port, pem).signatures) == 2


def test_certificates_of_others(tmp_path):
    """One that nobody vouches for, one that another authority would have made, one for another address."""
    pem, key = certificate(tmp_path, "right", "127.0.0.1")
    other, _ = certificate(tmp_path, "other", "127.0.0.1")
    with running(cosigner(tmp_path), UNLIMITED, Place(port=0, certificate=pem, certificate_key=key)) as port:
        for trusted in (None, other):
            with pytest.raises(QuorumError, match="CERTIFICATE_VERIFY_FAILED"):
                collect(port, trusted)
    elsewhere, key = certificate(tmp_path, "elsewhere", "192.0.2.7")
    place = Place(port=0, certificate=elsewhere, certificate_key=key)
    with (
        running(cosigner(tmp_path), UNLIMITED, place) as port,
        pytest.raises(QuorumError, match="IP address mismatch"),
    ):
        collect(port, elsewhere)


def test_plain_words_to_a_witness_that_wants_tls(tmp_path):
    pem, key = certificate(tmp_path, "right", "127.0.0.1")
    with running(cosigner(tmp_path), UNLIMITED, Place(port=0, certificate=pem, certificate_key=key)) as port:
        rule = parse_policy(f"witness w {WITNESS_KEY.public} http://127.0.0.1:{port}\nquorum w\n".encode())
        with pytest.raises(QuorumError, match="cannot be asked"):
            Collector(rule, within=5.0).collect(LOG.note(), LOG.consistency)


@pytest.mark.parametrize(
    ("pem", "key", "why"),
    [
        ("right.key", "right.pem", "right.key: .* found a private key in it, expected a certificate"),
        ("right.pem", "right.pem", "right.pem: .* found a certificate in it, expected a private key"),
        ("right.pem", "other.key", "other.key: .* it is not the key of .*right.pem"),
        ("right.pem", "closed.key", "closed.key: .* it is encrypted, and nobody is here to type"),
    ],
)
def test_a_certificate_or_a_key_that_cannot_be_used_is_named(tmp_path, pem, key, why):
    for name in ("right", "other"):
        certificate(tmp_path, name, "127.0.0.1")
    secret = serialization.load_pem_private_key((tmp_path / "right.key").read_bytes(), None)
    (tmp_path / "closed.key").write_bytes(
        secret.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"phrase"),
        )
    )
    with pytest.raises(HostingError, match=why):
        listen(Place(port=0, certificate=tmp_path / pem, certificate_key=tmp_path / key))
