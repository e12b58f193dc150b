"""A gate that is not reached, or does not know who asks: what a person is told to do."""

import pytest

from detente.errors import GateError, HostingError
from detente.gate.client import Client, _read
from detente.hosting.place import Place, listen
from tests.gate.service.build import desk, running, token
from tests.ledger.witness.test_tls import certificate


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:99999", "http://127.0.0.1:abc", "http://127.0.0.1:0", "http://[::1", "127.0.0.1:8470"],
)
def test_an_address_that_is_none_is_told_before_anything_is_sent(url):
    with pytest.raises(GateError, match=r"address of the gate: found .*, expected http://HOST:PORT"):
        Client(url, token("ana"))


@pytest.mark.parametrize("url", ["http://exa mple/", "https://gate.example :8470", "http://127.0.0.1:8470 "])
def test_a_space_in_an_address_is_told_before_anything_else(url):
    with pytest.raises(
        GateError, match=r"found .*, with a space in it, expected http://HOST:PORT .*, without any"
    ):
        Client(url, token("ana"))


def asked(url, who="ana", **options):
    with Client(url, token(who), **options) as client, pytest.raises(GateError) as raised:
        client.get("/healthz")
    return str(raised.value)


@pytest.mark.parametrize("body", [b"<html>", b'"\xff"'])
def test_an_answer_that_is_no_json_is_told(body):
    with pytest.raises(GateError, match=r"found an answer that is no JSON \(HTTP 200\); is this a gate\?"):
        _read(200, body, "/healthz")


def test_over_the_wrong_scheme_or_with_an_unknown_token(tmp_path):
    with running(desk()) as port:
        assert "is it http://?" in asked(f"https://127.0.0.1:{port}")
        assert "the gate does not know this token" in asked(f"http://127.0.0.1:{port}", "nobody")


def test_with_a_certificate_that_nobody_vouches_for(tmp_path):
    pem, key = certificate(tmp_path, "here", "127.0.0.1")
    with running(desk(), Place(port=0, certificate=pem, certificate_key=key)) as port:
        assert "--authority FILE" in asked(f"https://127.0.0.1:{port}")
        assert "is it https://?" in asked(f"http://127.0.0.1:{port}")
        with Client(f"https://127.0.0.1:{port}", token("ana"), authority=pem) as client:
            assert client.get("/healthz") == {"status": "ok"}


def test_with_a_certificate_for_another_address(tmp_path):
    pem, key = certificate(tmp_path, "there", "127.0.0.2")
    with running(desk(), Place(port=0, certificate=pem, certificate_key=key)) as port:
        assert "does not hold for this address" in asked(f"https://127.0.0.1:{port}", authority=pem)


def test_a_file_that_is_not_there_is_named(tmp_path):
    pem, key = certificate(tmp_path, "here", "127.0.0.1")
    with pytest.raises(GateError, match=r"none.pem: cannot be used as an authority: No such file"):
        Client("https://127.0.0.1", token("ana"), authority=tmp_path / "none.pem")
    with pytest.raises(HostingError, match=r"none.pem: no such file"):
        listen(Place(port=0, certificate=tmp_path / "none.pem", certificate_key=key))
    with pytest.raises(HostingError, match=r"none.key: no such file"):
        listen(Place(port=0, certificate=pem, certificate_key=tmp_path / "none.key"))
