"""Go's own note and tlog packages, which the Go checksum database stands on, read our folder and judge our proofs."""

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from detente.ledger.formats.keys import signatures_by
from detente.ledger.formats.note import parse_note
from tests.ledger.examples import secret
from tests.ledger.interop.conftest import SIZE

GOPATH = Path("/usr/share/gocode")  # where Debian puts packages for Go
HERE = Path(__file__).parent
pytestmark = pytest.mark.skipif(
    shutil.which("go") is None or not (GOPATH / "src/golang.org/x/mod/sumdb/tlog").exists(),
    reason="NO GO: whether Go reads our logs is not tried; apt-get install golang-go golang-golang-x-mod-dev",
)
INDICES = [0, 1, 255, 256, 257, 65_535, 65_536, 69_887, 69_888, 69_998, 69_999]
SIZES = [1, 2, 3, 255, 256, 257, 65_536, 65_537, 69_999, 70_000]


@pytest.fixture(scope="session")
def check(tmp_path_factory):
    """Build the program, offline and without modules, and return a function that runs it."""
    made = tmp_path_factory.mktemp("go")
    surroundings = os.environ | {
        "GO111MODULE": "off", "GOPATH": str(GOPATH), "GOFLAGS": "", "GOPROXY": "off", "GOTOOLCHAIN": "local",
        "GOCACHE": str(made / "cache"),
    }  # fmt: skip
    subprocess.run(
        ["go", "build", "-o", made / "check", HERE / "check.go"], env=surroundings, check=True, cwd=made
    )

    def run(folder, key, questions=()):
        return subprocess.run(
            [made / "check", folder, str(key.public), key.reveal()],
            input="".join(json.dumps(question) + "\n" for question in questions),
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def answers(done):
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def texts(path):
    return [base64.b64encode(part).decode() for part in path]


def test_it_opens_the_checkpoint_and_finds_the_same_root_in_the_tiles(log, check):
    found = answers(check(log.path, log.secret))[0]
    note = parse_note((log.path / "checkpoint").read_bytes())
    assert (found["size"], found["root"]) == (SIZE, texts([log.tree.root()])[0])
    assert (found["verified"], found["unknown"]) == (1, len(note.signatures) - 1)
    # Ed25519 leaves no choice: signed there with the same key, the note is the same, byte for byte
    assert parse_note(found["signed"].encode()).signatures == (*signatures_by(note, log.secret.public),)


def test_it_makes_the_same_inclusion_proofs_and_accepts_ours(log, check):
    asked = [(index, size) for size in SIZES for index in INDICES if index < size]
    paths = [log.reader.inclusion(index, size) for index, size in asked]
    questions = [{"index": i, "size": s, "path": texts(p)} for (i, s), p in zip(asked, paths, strict=True)]
    _, *found = answers(check(log.path, log.secret, questions))
    assert [(one["path"] or [], one["made"], one["given"]) for one in found] == [
        (texts(path), True, True) for path in paths
    ]


def test_it_makes_the_same_consistency_proofs_and_accepts_ours(log, check):
    asked = [(old, size) for size in SIZES for old in SIZES if old <= size]
    paths = [log.reader.consistency(old, size) for old, size in asked]
    questions = [{"old": o, "size": s, "path": texts(p)} for (o, s), p in zip(asked, paths, strict=True)]
    _, *found = answers(check(log.path, log.secret, questions))
    assert [(one["path"] or [], one["made"], one["given"]) for one in found] == [
        (texts(path), True, True) for path in paths
    ]


def test_it_refuses_what_we_would_refuse(log, check):
    path, between = texts(log.reader.inclusion(300, SIZE)), texts(log.reader.consistency(300, SIZE))
    questions = [
        {"index": 301, "size": SIZE, "path": path},
        {"index": 300, "size": SIZE - 1, "path": path},
        {"index": 300, "size": SIZE, "path": path[:-1]},
        {"index": 300, "size": SIZE, "path": [*path, path[0]]},
        {"old": 301, "size": SIZE, "path": between},
        {"old": 300, "size": SIZE, "path": between[::-1]},
        {"old": 300, "size": SIZE, "path": []},
    ]
    _, *found = answers(check(log.path, log.secret, questions))
    assert [(one["made"], one["given"]) for one in found] == [(True, False)] * len(questions)


def test_it_refuses_a_changed_tile_and_a_stranger_s_key(log, check, tmp_path):
    shutil.copytree(log.path, tmp_path / "log")
    last = tmp_path / "log/tile/0/273.p/112"
    data = bytearray(last.read_bytes())
    data[0] ^= 1
    last.write_bytes(data)
    done = check(tmp_path / "log", log.secret)
    assert (done.returncode, "inconsistent tile" in done.stderr) == (1, True)
    done = check(log.path, secret(log.secret.public.name + "/other"))
    assert (done.returncode, "no verifiable signatures" in done.stderr) == (1, True)
