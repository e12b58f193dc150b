"""`outward.yaml`: what it may say, and what is said about it where it may not."""

import pytest

from detente.errors import PolicyError
from detente.gate.outward.document import FILE, receivers_in

SECRET = "0123456789abcdef" * 2
HOOK = "webhooks:\n  - name: soc\n    url: https://soc.example/h\n    secret_file: soc.secret\n    events: [hold, kill.ordered]\n"
CHAT = "chat:\n  - name: watch\n    url_file: watch.url\n"


def write(folder, text, *, secret=SECRET, url="https://chat.example/services/T0/hidden-part\n", mode=0o600):
    (folder / FILE).write_text(text)
    for name, body in (("soc.secret", secret), ("watch.url", url)):
        (folder / name).write_text(body)
        (folder / name).chmod(mode)
    return receivers_in(folder)


def test_without_a_document_nobody_is_told(tmp_path):
    assert receivers_in(tmp_path) == ()


def test_who_is_told(tmp_path):
    hook, room = write(tmp_path, HOOK + "    give_up_after: 2 h\n" + CHAT)
    assert (hook.name, hook.url, hook.secret) == ("soc", "https://soc.example/h", SECRET.encode())
    assert (hook.style, hook.events, hook.give_up_ns) == ("webhook", {"hold", "kill.ordered"}, 7200 * 10**9)
    assert (room.style, room.url) == ("chat", "https://chat.example/services/T0/hidden-part")
    assert (room.events, room.show_arguments) == ({"hold"}, False)
    shown = repr((hook, room))
    assert "hidden-part" not in shown
    assert "0123" not in shown


def test_all_may_be_said_in_one_word(tmp_path):
    (hook,) = write(tmp_path, HOOK.replace("[hold, kill.ordered]", "all"))
    assert hook.events == {"all"}


def test_the_mode_of_a_file_elsewhere_is_not_for_us_to_change(tmp_path):
    folder = tmp_path / "gate"
    folder.mkdir()
    elsewhere = tmp_path / "passwd"
    elsewhere.write_text(SECRET)
    elsewhere.chmod(0o644)
    for name in (str(elsewhere), "../passwd"):
        with pytest.raises(PolicyError, match="expected a file beside this one with mode 0600") as caught:
            write(folder, HOOK.replace("soc.secret", name))
        assert "chmod" not in str(caught.value)


def test_an_address_may_be_in_a_file_or_on_this_machine(tmp_path):
    (hook,) = write(tmp_path, HOOK.replace("url: https://soc.example/h", "url_file: watch.url"))
    assert hook.url == "https://chat.example/services/T0/hidden-part"
    (hook,) = write(tmp_path, HOOK.replace("https://soc.example", "http://127.0.0.1:9000"))
    assert hook.url == "http://127.0.0.1:9000/h"
    (hook,) = write(tmp_path, HOOK.replace("https://soc.example", "http://[::1]:9000"))
    assert hook.url == "http://[::1]:9000/h"


@pytest.mark.parametrize(
    "text, options, line, why",
    [
        (HOOK.replace("https:", "http:"), {}, 3, "expected https"),
        (HOOK.replace("https:", "file:"), {}, 3, "expected an address"),
        (HOOK.replace("soc.example", "u:hidden-part@soc.example"), {}, 3, "expected an address"),
        (HOOK.replace("soc.example", "soc.example\\\\@hidden-part"), {}, 3, "expected an address"),
        (HOOK.replace("soc.example", "127.0.0.1#hidden-part"), {}, 3, "expected an address"),
        (HOOK.replace("soc.example", "soc.example:99999"), {}, 3, "65535"),
        (HOOK.replace("    url: https://soc.example/h\n", ""), {}, 2, "`url` or `url_file`"),
        (HOOK + "    url_file: watch.url\n", {}, 2, "found both"),
        (HOOK.replace("    secret_file: soc.secret\n", ""), {}, 2, "secret_file"),
        (HOOK.replace("soc.secret", "none.secret"), {}, 4, "No such file"),
        (HOOK.replace("[hold, kill.ordered]", "[]"), {}, 5, "1 to 64"),
        (HOOK.replace("kill.ordered", "kil.orderd"), {}, 5, "'kill.ordered'"),
        (HOOK + "    event: []\n", {}, 6, "did you mean 'events'?"),
        (HOOK.replace("name: soc", "name: ../soc"), {}, 2, "name"),
        (HOOK + "    give_up_after: soon\n", {}, 6, "a duration"),
        (HOOK + "    give_up_after: 0 s\n", {}, 6, "a duration"),
        (HOOK + "    authority_file: none.pem\n", {}, 6, "PEM"),
        (HOOK + HOOK.removeprefix("webhooks:\n"), {}, 6, "a second time"),
        (HOOK + CHAT.replace("watch\n", "soc\n"), {}, 7, "a second time"),
        (CHAT + "    events: [action]\n", {}, 4, "something to be told of"),
        (CHAT + "    show_arguments: 1\n", {}, 4, "true or false"),
        (CHAT + "    url: https://chat.example/hidden-part\n", {}, None, "url"),
        (CHAT, {"url": "https://u:hidden-part@chat.example"}, 3, "expected an address"),
        (CHAT, {"url": "http://chat.example/hidden-part"}, 3, "expected https"),
        (CHAT, {"url": "\x00\xff"}, 3, "plain text"),
        (CHAT, {"url": "https://chat.example/\nhttps://chat.example/hidden-part"}, 3, "plain text"),
        (HOOK, {"mode": 0o640}, 4, "0600, so that nobody else reads it: chmod 600"),
        ("", {}, 1, "expected a mapping with `webhooks:` or `chat:`"),
        ("# nobody yet\n", {}, 1, "expected a mapping with `webhooks:` or `chat:`"),
        (CHAT + "    events: all\n", {}, 4, "something to be told of"),
        (HOOK, {"secret": "short-hidden-part"}, 4, "at least 24"),
        ("webhooks: [", {}, None, "YAML"),
        ("[]", {}, 1, "a mapping"),
        ("webhooks: ", {}, 1, "array"),
        ("webhook: []", {}, None, "webhook"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line_and_without_secrets(tmp_path, text, options, line, why):
    with pytest.raises(PolicyError) as caught:
        write(tmp_path, text, **options)
    (problem,) = caught.value.problems
    assert why in str(problem)
    assert line in (None, problem.line)
    assert str(problem).startswith(str(tmp_path / FILE))
    assert "hidden-part" not in str(problem)


def test_a_text_where_things_are_listed_is_called_one(tmp_path):
    with pytest.raises(PolicyError) as caught:
        write(tmp_path, HOOK.replace("[hold, kill.ordered]", "action.allow"))
    assert "found the text 'action.allow', expected a list of 1 to 64 things" in str(caught.value)


def test_all_mistakes_are_told_at_once_in_the_order_of_the_document(tmp_path):
    text = (
        "webhooks:\n"
        "  - {name: soc, url: 'ftp://x', secret_file: none.secret, events: [hold, hodl]}\n"
        "  - {nam: soc, url: 'https://x', secret_file: soc.secret, events: [all]}\n"
        "chat:\n"
        "  - {name: watch, url_file: watch.url, events: hold, give_up_after: 3}\n"
        "mail: []\n"
    )
    with pytest.raises(PolicyError) as caught:
        write(tmp_path, text)
    assert [(one.line, one.path) for one in caught.value.problems] == [
        (2, "webhooks[0].url"), (2, "webhooks[0].secret_file"), (2, "webhooks[0].events[1]"),
        (3, "webhooks[1]"), (3, "webhooks[1].nam"), (5, "chat[0].events"), (5, "chat[0].give_up_after"),
        (6, "mail"),
    ]  # fmt: skip
