"""Collecting cosignatures: enough or none, whatever witnesses do."""

import asyncio
import contextlib
import gc
import threading
from contextlib import ExitStack

import pytest

from detente.errors import FormatError, ProofError, QuorumError
from detente.ledger.formats.keys import Algorithm
from detente.ledger.formats.policy import parse_policy
from detente.ledger.store.create import create
from detente.ledger.store.ledger import Ledger
from detente.ledger.store.reader import Reader
from detente.ledger.witness.client import Collector
from detente.ledger.witness.cosigner import Cosigner, known_logs
from detente.ledger.witness.state import WitnessState
from tests.ledger.witness.logs import (
    NOW,
    WITNESS_KEY,
    WITNESS_KEY_2,
    MemoryLog,
    cosigner,
    forked,
    numbered,
    secret,
)
from tests.ledger.witness.servers import pretending, reply, running

LOG = MemoryLog(numbered(20))
COSIGN = Algorithm.COSIGNATURE_ED25519
KEYS = [secret(f"witness.example/w{number}", COSIGN) for number in range(3)]


def policy(*places, quorum="any"):
    """`places` are (key, address)."""
    lines = [f"witness w{at} {key.public} {url}" for at, (key, url) in enumerate(places)]
    names = " ".join(f"w{at}" for at in range(len(places)))
    return parse_policy(
        "\n".join([*lines, f"group all-of-them {quorum} {names}", "quorum all-of-them", ""]).encode()
    )


@pytest.fixture
def witnesses(tmp_path):
    """Three honest witnesses that listen; gives (key, address) of each."""
    with ExitStack() as stack:
        found = []
        for number, key in enumerate(KEYS):
            folder = tmp_path / f"witness{number}"
            folder.mkdir()
            port = stack.enter_context(running(cosigner(folder, (key,))))
            found.append((key, f"http://127.0.0.1:{port}"))
        yield found


def collect(places, quorum, log=LOG, size=None, **options):
    options = {"within": 5.0, "clock": lambda: NOW} | options
    return Collector(policy(*places, quorum=quorum), **options).collect(
        log.note_at(len(log.entries) if size is None else size), log.consistency
    )


def failures(places, quorum, **options):
    with pytest.raises(QuorumError) as caught:
        collect(places, quorum, **options)
    assert "withheld" in str(caught.value)
    return dict(caught.value.failures)


def test_enough_have_signed(witnesses):
    note = collect(witnesses, "all")
    assert len(policy(*witnesses, quorum="all").require_quorum(note)) == 3
    assert note.signatures[0] == LOG.note().signatures[0]


def test_it_leads_on_from_what_a_witness_knows(witnesses):
    collector = Collector(policy(*witnesses, quorum="all"), within=5.0, clock=lambda: NOW)
    for size in (3, 3, 8, 20):
        collector.collect(LOG.note_at(size), LOG.consistency)
    # another collector knows no sizes: it is told them
    assert len(collect(witnesses, "all").signatures) == 4


def test_one_request_for_all_keys_of_a_place(tmp_path):
    with running(cosigner(tmp_path, (WITNESS_KEY, WITNESS_KEY_2))) as port:
        places = [(key, f"http://127.0.0.1:{port}/") for key in (WITNESS_KEY, WITNESS_KEY_2)]
        assert len(collect(places, "all").signatures) == 3


def test_a_quorum_of_nobody_asks_nobody():
    silent = parse_policy(f"witness w {KEYS[0].public} http://127.0.0.1:9\nquorum none\n".encode())
    assert Collector(silent).collect(LOG.note(), LOG.consistency) == LOG.note()


def test_from_within_an_event_loop(witnesses):
    async def inside():
        return collect(witnesses, "all")

    assert len(asyncio.run(inside()).signatures) == 4


# --- witnesses that do not do what they should ---------------------------------------------------


@pytest.mark.parametrize(
    "answer, why",
    [
        (lambda h: reply(h, 500, b"broken\n"), "answered 500: 'broken'"),
        (lambda h: reply(h, 404, b"\x1b[31mred\n"), r"answered 404: '\x1b[31mred'"),
        (lambda h: reply(h, 302, Location="https://elsewhere.example/add-checkpoint"), "answered 302"),
        (lambda h: reply(h, 200, b""), "something else than signatures"),
        (lambda h: reply(h, 200, b"\xff\xfe\n"), "something else than signatures"),
        (lambda h: reply(h, 200, b"x" * 300_000), "more than 262144 bytes"),
        (lambda h: reply(h, 200, b"x", Content_Encoding="gzip"), "compressed"),
        (lambda h: reply(h, 409, b"3\n"), "expected text/x.tlog.size"),
        (lambda h: reply(h, 409, b"three\n", Content_Type="text/x.tlog.size"), "else than a size"),
        (lambda h: reply(h, 409, b"0\n", Content_Type="text/x.tlog.size"), "that it was given"),
        (lambda h: reply(h, 409, b"99\n", Content_Type="text/x.tlog.size"), "lost its tail"),
        (lambda h: reply(h, 409, b"3\n", Content_Type="text/x.tlog.size"), "with the size 3 that it was given"),
        (lambda h: h.connection.close(), "cannot be asked"),
        (lambda h: reply(h, 200, str(secret("w.example/x", COSIGN).sign(LOG.note().text, NOW)).encode()), "not with a signature by"),
        (lambda h: reply(h, 200, str(KEYS[0].sign("another text", NOW)).encode()), "a false signature"),
        (lambda h: reply(h, 200, str(KEYS[0].sign(LOG.note().text, NOW + 3600)).encode()), "in the future"),
    ],
)  # fmt: skip
def test_a_bad_witness_is_named_and_the_checkpoint_withheld(witnesses, answer, why):
    with pretending(answer) as url:
        places = [(KEYS[0], url), *witnesses[1:]]
        told = failures(places, "all")
        assert list(told) == ["w0"]
        assert why in told["w0"]
        assert len(collect(places, "2", linger=0.5).signatures) == 3, "the others are enough for two"


def _says_nothing(handler, over):
    over.wait(30)
    reply(handler, 500)


def _drips(handler, over):
    handler.send_response(200)
    handler.end_headers()
    with contextlib.suppress(OSError):
        while not over.wait(0.05):
            handler.wfile.write(b"x")


@pytest.mark.parametrize("slow", [_says_nothing, _drips])
def test_a_slow_witness_is_not_waited_for(witnesses, slow):
    over = threading.Event()
    with pretending(lambda handler: slow(handler, over)) as url:
        told = failures([(KEYS[0], url), *witnesses[1:]], "all", within=1.5)
        over.set()
    assert told["w0"] == "no answer within 1.5 s"


def test_a_witness_without_an_address(witnesses):
    told = failures([(KEYS[0], ""), *witnesses[1:]], "all")
    assert told == {"w0": "the policy has no address for it"}


def test_a_witness_that_is_not_there(witnesses):
    told = failures([(KEYS[0], "http://127.0.0.1:9"), *witnesses[1:]], "all")
    assert "cannot be asked: ConnectError" in told["w0"]
    told = failures([(KEYS[0], "https://witness.example/" + "w" * 70_000), *witnesses[1:]], "all")
    assert "cannot be asked" in told["w0"]


def test_a_log_that_forks_gets_no_quorum(witnesses):
    collect(witnesses, "all", size=10)
    for size in (10, 15):
        told = failures(witnesses, "2", log=MemoryLog(forked(size, 4)))
        assert len(told) >= 2
        expected = "has signed another root of size 10" if size == 10 else "answered 422"
        assert all(expected in why for why in told.values())


def test_a_log_that_goes_back_gets_no_quorum(witnesses):
    collect(witnesses, "all", size=10)
    told = failures(witnesses, "2", size=6)
    assert all("lost its tail" in why for why in told.values())


def test_a_log_that_goes_back_behind_what_its_own_collector_saw(witnesses):
    collector = Collector(policy(*witnesses, quorum="all"), within=5.0, clock=lambda: NOW)
    collector.collect(LOG.note_at(10), LOG.consistency)

    def prove(old, new):
        assert old <= new, "no proof leads back"
        return LOG.consistency(old, new)

    with pytest.raises(QuorumError, match="lost its tail"):
        collector.collect(LOG.note_at(6), prove)


def test_what_the_proofs_maker_raises_is_raised(witnesses, caplog):
    def fails(old, new):
        raise ProofError("the tiles are damaged")

    with pytest.raises(ProofError, match="damaged"):
        Collector(policy(*witnesses)).collect(LOG.note(), fails)
    gc.collect()
    assert not caplog.records, "of several failures none is left for the garbage collector to tell"


@pytest.mark.parametrize(
    "url",
    [
        "http://witness.example/w",
        "ftp://witness.example",
        "witness.example",
        "https://",
        "https://user:word@witness.example",
        "https://witness.example/w?x=1",
        "https://witness.example/#w",
        "https://witness.example:notaport/",
    ],
)
def test_addresses_that_are_not_asked(url):
    with pytest.raises(FormatError, match="address: found"):
        Collector(policy((KEYS[0], url)))


def test_plain_addresses_on_purpose():
    Collector(policy((KEYS[0], "http://witness.example/w")), plain=True)


# --- with a real ledger -------------------------------------------------------------------------


def test_a_ledger_publishes_what_was_cosigned_and_withholds_the_rest(tmp_path):
    folder = create(tmp_path / "log", "log.example/real")
    keys = known_logs(folder.known_keys())
    state = WitnessState.create(tmp_path / "state")
    with running(Cosigner((WITNESS_KEY,), keys, state)) as port:
        rule = policy((WITNESS_KEY, f"http://127.0.0.1:{port}"))
        with Ledger(folder.path, cosign=Collector(rule).collect, publish_every=None) as ledger:
            for _ in range(3):
                ledger.append("gate-1", b"halted")
                ledger.publish()
        assert len(rule.require_quorum(Reader(folder.path).note())) == 1
    ledger = Ledger(folder.path, cosign=Collector(rule).collect, publish_every=None)
    receipt = ledger.append("gate-1", b"resumed")
    with pytest.raises(QuorumError, match="withheld"):
        ledger.publish()
    with pytest.raises(QuorumError):
        ledger.close()
    assert receipt.index == 3
    assert "\n3\n" in Reader(folder.path).note().text
