"""Documentation that keeps up with the program, because tests read it."""

import re
from pathlib import Path

import pytest
from tools import docs

from detente.cli.main import app
from detente.model.library import names

ROOT = Path(__file__).parent.parent
PAGES = sorted(path.relative_to(ROOT) for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


@pytest.mark.parametrize("page", docs.PAGES)
def test_what_a_page_shows_is_what_the_program_says(page):
    assert (ROOT / page).read_text(encoding="utf-8") == docs.rendered(page), "make docs"


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
