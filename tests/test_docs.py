"""Documentation that keeps up with the program, because tests read it."""

import re
from pathlib import Path

import pytest
from tools import docs

from detente.cli.main import app
from detente.model.library import names

ROOT = Path(__file__).parent.parent
PAGES = sorted(path.relative_to(ROOT) for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


@pytest.fixture
def pages(monkeypatch, tmp_path):
    """Two pages of their own; that ours say what the program says is looked at by `make lint`, which takes minutes."""
    monkeypatch.setattr(docs, "ROOT", tmp_path)
    monkeypatch.setattr(docs, "PAGES", ("right.md", "wrong.md"))
    page = "```console\n$ detente check essay\nok: {}```\n"
    (tmp_path / "right.md").write_text(
        page.format(docs._output("detente check essay", tmp_path).removeprefix("ok: "))
    )
    (tmp_path / "wrong.md").write_text(page.format("nothing at all\n"))
    return tmp_path


def test_a_page_that_shows_something_else_than_the_program_says_is_told(pages, capsys):
    assert docs.main(["--check"]) == 1
    told = capsys.readouterr().out
    assert "-ok: nothing at all" in told
    assert "1 page(s) out of date" in told
    assert (pages / "wrong.md").read_text() != (pages / "right.md").read_text()


def test_pages_are_written_as_the_program_says(pages, capsys):
    assert docs.main([]) == 0
    assert capsys.readouterr().out == "wrote wrong.md\n"
    assert (pages / "wrong.md").read_text() == (pages / "right.md").read_text()
    assert docs.main(["--check"]) == 0


@pytest.mark.parametrize(
    "page", ["docs/tutorial.md", "docs/how-to/uncertain-inputs.md", "docs/reference/classics.md"]
)
def test_the_examples_do_what_they_say(page):
    assert not docs.failures_in_examples(page)


def test_every_command_is_in_the_reference():
    commands = sorted(_commands(app))
    assert sorted(commands) == sorted(docs.COMMANDS)
    reference = (ROOT / "docs/reference/cli.md").read_text(encoding="utf-8")
    for name in commands:
        assert f"## detente {name}\n" in reference


def _commands(group, above=""):
    """Yield the words of every command, and of every group that has some."""
    for command in group.registered_commands:
        yield above + command.name
    for inner in group.registered_groups:
        yield above + inner.name
        yield from _commands(inner.typer_instance, f"{above}{inner.name} ")


def test_the_paths_of_the_gate_are_as_the_service_routes_them():
    page = (ROOT / "docs/reference/gate-http.md").read_text(encoding="utf-8")
    assert page == docs.rendered("docs/reference/gate-http.md"), "make docs"
    assert "| `target` \\* | text (1 to 200 characters) |" in page


def test_every_shipped_scenario_has_its_page():
    for name in names():
        assert (ROOT / f"docs/scenarios/{name}.md").exists(), name


def test_every_decision_is_in_the_index_and_has_its_four_parts():
    folder = ROOT / "docs/decisions"
    index = (folder / "README.md").read_text(encoding="utf-8")
    records = sorted(folder.glob("[0-9]*.md"))
    assert [path.name[:4] for path in records] == [f"{n:04}" for n in range(1, len(records) + 1)]
    for path in records:
        assert f"({path.name})" in index
        assert path.read_text(encoding="utf-8").startswith(f"# {path.name[:4]}. ")


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_links_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target:
            continue
        name, _, heading = target.partition("#")
        path = (ROOT / page).parent / name if name else ROOT / page
        assert path.exists(), target
        if heading:
            headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
            slugs = {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings}
            assert heading in slugs, target
