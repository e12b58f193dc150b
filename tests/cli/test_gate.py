"""`detente gate`, as the shell sees it: beginning a gate, who may speak to it, its documents; what needs a running service is in the README's walk."""

import errno
import json

import pytest

from detente.cli.gate.saying import say


def test_init_shows_every_token_once_and_keeps_none(gate, tmp_path):
    tokens = dict(line.removeprefix("export ").split("=") for line in gate.stdout.splitlines())
    assert set(tokens) >= {"TOKEN_AVALON_SHIELD", "TOKEN_BEN", "TOKEN_CHIEF", "TOKEN_AUDITOR"}
    kept = (tmp_path / "demo" / "identities.json").read_text()
    assert not any(token in kept for token in tokens.values())
    assert (tmp_path / "demo" / "identities.json").stat().st_mode & 0o777 == 0o600


def test_what_is_to_be_typed_next_can_be_pasted(detente, gate, tmp_path):
    done = detente("gate", "init", "my gate")
    assert done.stderr.endswith("Next: detente gate serve 'my gate'\n")
    assert "with: detente gate init 'my other gate'" in detente("gate", "lint", "my other gate").stderr
    known = tmp_path / "my gate" / "identities.json"
    known.write_text('{"identities": [], "version": 1}')
    told = " ".join(detente("gate", "doctor", "my gate").stdout.split())
    assert "nobody: detente gate identity add 'my gate' NAME" in told
    known.chmod(0o640)
    told = " ".join(detente("gate", "doctor", "my gate").stdout.split())
    assert "chmod 600 'my gate/identities.json'" in told


@pytest.mark.parametrize("is_there", [False, True])
def test_where_init_fails_nothing_is_left(detente, tmp_path, monkeypatch, is_there):
    monkeypatch.chdir(tmp_path)
    if is_there:
        (tmp_path / "demo").mkdir()

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", full)
        done = detente("gate", "init", "demo")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "cannot be written: No space left on device" in done.stderr
    assert [str(one) for one in tmp_path.rglob("*")] == [str(tmp_path / "demo")] * is_there
    assert detente("gate", "init", "demo").exit_code == 0


def test_init_writes_over_nothing(detente, gate):
    done = detente("gate", "init", "demo")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "found something in it, expected a folder that is empty" in done.stderr


def test_a_folder_that_is_no_gate_is_told_how_to_become_one(detente, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = detente("gate", "lint", ".")
    assert done.exit_code == 2
    assert "detente gate init ." in done.stderr


def test_the_example_has_nothing_to_lint_and_a_mistake_is_found(detente, gate, tmp_path):
    assert detente("gate", "lint", "demo").exit_code == 0
    charter = tmp_path / "demo" / "charter.yaml"
    charter.write_text(charter.read_text().replace("on_halt: allow ", "on_halt: deny "))
    done = detente("gate", "lint", "demo")
    assert done.exit_code == 1
    assert "actions.release-host.on_halt: it undoes isolate-host, and a halt stops it" in done.stdout


def test_tokens_are_added_rotated_and_revoked(detente, gate):
    added = detente("gate", "identity", "add", "demo", "frank", "--role", "operator", "--days", "30")
    assert added.stdout.startswith("dtt_")
    rotated = detente("gate", "identity", "rotate", "demo", "frank")
    assert rotated.stdout != added.stdout
    until = added.stderr.partition("it counts until ")[2]
    assert until
    assert rotated.stderr.endswith(until)
    ever = detente("gate", "identity", "rotate", "demo", "frank", "--for-ever")
    assert ever.stderr.endswith("it counts for ever, until it is revoked\n")
    both = detente("gate", "identity", "rotate", "demo", "frank", "--for-ever", "--days", "3")
    assert "--for-ever: found --days besides" in both.stderr
    assert detente("gate", "identity", "revoke", "demo", "frank").exit_code == 0
    assert "frank: operator, counts no more" in detente("gate", "identity", "list", "demo").stdout
    refused = detente("gate", "identity", "rotate", "demo", "frank")
    assert refused.exit_code == 2
    assert "frank: was revoked on" in refused.stderr
    assert detente("gate", "identity", "rotate", "demo", "frank", "--restore").exit_code == 0
    strange = detente("gate", "identity", "add", "demo", "gina", "--role", "king")
    assert strange.exit_code == 2
    assert "expected one of system, approver, operator, auditor" in strange.stderr
    again = detente("gate", "identity", "add", "demo", "frank", "--role", "operator")
    assert "`detente gate identity rotate demo frank`" in " ".join(again.stderr.split())
    assert (
        detente("gate", "identity", "add", "demo", "gina", "--role", "operator", "--days", "36501").exit_code
        == 2
    )


@pytest.mark.parametrize("name", ["Chief", "Ben", "Avalon-Shield"])
def test_nobody_has_two_names(detente, gate, name):
    done = detente("gate", "identity", "add", "demo", name, "--role", "operator")
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"{name}: found '{name.lower()}'" in done.stderr


def test_an_approver_of_no_group_is_told_to_whoever_adds_them_and_by_the_doctor(detente, gate):
    told = detente("gate", "identity", "add", "demo", "gina", "--role", "approver").stderr
    assert "warning: gina is in no group of the charter, and can decide nothing until they are in one" in told
    assert (
        "gina has a token as an approver, is in no group of the charter"
        in detente("gate", "doctor", "demo").stdout
    )
    assert "warning" not in detente("gate", "identity", "add", "demo", "otto", "--role", "auditor").stderr


@pytest.mark.parametrize("name", ["nope", "empty"])
def test_what_is_no_ledger_is_not_replayed(detente, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    done = detente("gate", "replay", name)
    assert done.exit_code == 2
    assert done.stderr.count(name) == 1
    assert "expected the folder of a gate that has recorded, or its ledger" in " ".join(done.stderr.split())


def test_check_knows_who_is_told_by_its_name(detente, gate, tmp_path):
    outward = tmp_path / "demo" / "outward.yaml"
    (tmp_path / "demo" / "watch.url").write_text("https://chat.example/x")
    (tmp_path / "demo" / "watch.url").chmod(0o600)
    outward.write_text("chat: [{name: watch, url_file: watch.url}]\n")
    assert detente("check", "demo/outward.yaml").stdout == "ok: demo/outward.yaml: tells watch\n"
    assert json.loads(detente("check", "demo/outward.yaml", "--json").stdout)["ok"]
    outward.write_text("chat: [{name: watch, url_file: none.url}]\n")
    wrong = detente("check", "demo/outward.yaml")
    assert wrong.exit_code == 2
    assert "chat[0].url_file: found" in " ".join(wrong.stderr.split())
    told = json.loads(detente("check", "demo/outward.yaml", "--json").stdout)
    assert (told["ok"], told["problems"][0]["path"]) == (False, "chat[0].url_file")
    assert "no such file" in detente("check", "none/outward.yaml").stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("serve", "demo", "--port", "99999"), "--port: found 99999, expected 0 to 65535"),
        (("identity", "rotate", "demo", "ben", "--days", "0"), "--days: found 0, expected 1 to 36500"),
    ],
)
def test_a_number_beyond_its_bounds_is_told_with_them(detente, gate, words, said):
    done = detente("gate", *words)
    assert done.exit_code == 2
    assert done.stderr == f"detente: {said}\n"
    assert "expected" not in detente("gate", *words[:-1], "x").stderr  # no number: told by what reads options


def test_where_clients_find_it_is_an_address(detente, gate):
    done = detente("gate", "serve", "demo", "--public-url", "foo")
    assert done.exit_code == 2
    assert "--public-url: found 'foo', expected https://HOST" in done.stderr


def test_no_terminal_obeys_what_others_wrote(capsys):
    say(["  ben: for: ok\x1b[31m\x1b]0;owned\x07\nAPPROVED  h1", "exactly: \u202etxt"])
    shown = capsys.readouterr().out
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)
    assert "\\nAPPROVED  h1" in shown
    assert "\\u202etxt" in shown


def test_a_misspelt_kind_in_a_condition_is_refused(detente, gate, tmp_path):
    charter = tmp_path / "demo" / "charter.yaml"
    charter.write_text(
        charter.read_text().replace('target.name == "avalon-mail"', 'action.name == "isolate-hots"')
    )
    told = detente("gate", "lint", "demo").stderr
    assert "isolate-host" in told
    assert told == detente("check", "demo/charter.yaml").stderr
    assert told.startswith("demo/charter.yaml:")


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ('target.name == "avalon-mial"', "avalon-mail"),
        ('system.owner == "avalom"', "avalon"),
        ('target.compartment == "avalon-ti"', "avalon-it"),
    ],
)
def test_a_misspelt_name_in_a_condition_is_refused(detente, gate, tmp_path, wrong, right):
    charter = tmp_path / "demo" / "charter.yaml"
    charter.write_text(charter.read_text().replace('target.name == "avalon-mail"', wrong))
    done = detente("check", "demo/charter.yaml")
    assert done.exit_code == 2
    assert f"did you mean {right!r}" in " ".join(done.stderr.split())


def test_check_reads_conditions_too_and_says_where(detente, gate, tmp_path):
    charter = tmp_path / "demo" / "charter.yaml"
    assert detente("check", "demo/charter.yaml").stderr == ""
    charter.write_text(charter.read_text().replace("target.name ==", "target.nmae =="))
    done = detente("check", "demo/charter.yaml")
    assert done.exit_code == 2
    line = next(n for n, text in enumerate(charter.read_text().splitlines(), 1) if "target.nmae" in text)
    assert f"demo/charter.yaml:{line}:" in done.stderr
    assert "conditions.no-mail-by-day.when: found the unknown name 'target.nmae'" in done.stderr
    assert json.loads(detente("check", "demo/charter.yaml", "--json").stdout)["ok"] is False
