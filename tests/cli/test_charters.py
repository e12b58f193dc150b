"""`detente check` on a charter."""

import json

import pytest
from ruamel.yaml import YAML

from tests.model.charter.charters import RICH, rich


@pytest.fixture
def site(tmp_path, monkeypatch):
    """The path of a charter file, in the folder where commands run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "site.yaml").write_text(RICH)
    return "site.yaml"


def test_a_charter_is_recognised_and_told_in_one_line(detente, site):
    done = detente("check", site)
    assert (done.exit_code, done.stdout, done.stderr) == (
        0,
        "ok: rich: 2 systems and 1 asset of 2 actors, 3 kinds of actions, 5 people in 2 groups, 2 conditions\n",
        "",
    )
    assert detente("check", site, "--kind", "charter").stdout == done.stdout


def test_its_resolved_form_is_printed_and_legal(detente, site, tmp_path):
    once = detente("check", site, "--resolved").stdout
    assert YAML(typ="safe").load(once) == rich().document
    (tmp_path / "resolved.yaml").write_text(once)
    assert detente("check", "resolved.yaml", "--resolved").stdout == once


def test_what_is_wrong_is_told_with_its_place(detente, site, tmp_path):
    (tmp_path / "bad.yaml").write_text(
        RICH.replace("uncertain_below: {value: 0.6", "uncertain_below: {value: 1.01")
    )
    done = detente("check", "bad.yaml")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("bad.yaml:53:26: uncertain_below.value: found 1.01, expected a probability")
    told = json.loads(detente("check", "bad.yaml", "--json").stdout)
    assert (told["kind"], told["ok"], len(told["problems"])) == ("charter", False, 1)


def test_no_charter_is_shipped(detente):
    done = detente("check", "essay", "--kind", "charter")
    assert done.exit_code == 2
    assert "found 'essay', expected the path of a file, as my-charter.yaml" in done.stderr
