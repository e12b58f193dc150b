"""Writes what the program itself says into the documentation, or checks that it is there.

    python tools/docs.py           write
    python tools/docs.py --check   exit 1 when a page is not what the program says today

In a page, the output under every `$ detente ...` and `$ python tools/...` of a console block is the program's; a block that
begins ```yaml file=NAME is written to NAME first; pycon blocks are run as doctests. Each page
runs in an empty folder of its own. Between `<!-- walk -->` and `<!-- end of walk -->` stands what `tools/walk.py` did.
"""

import argparse
import difflib
import doctest
import os
import re
import shlex
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import gate_http
import walk

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = (
    "scenarios",
    "portfolios",
    "races",
    "check",
    "run",
    "merge",
    "solve",
    "trace",
    "compare",
    "halt",
    "report",
    "rare",
    "import",
    "sweep",
    "sensitivity",
    "discover",
    "plan",
    "race",
    "gate",
    "gate init",
    "gate serve",
    "gate check",
    "gate lint",
    "gate simulate",
    "gate propose",
    "gate report",
    "gate outcome",
    "gate holds",
    "gate approve",
    "gate deny",
    "gate judge",
    "gate attribute",
    "gate mode",
    "gate kill",
    "gate phase",
    "gate meter",
    "gate explain",
    "gate replay",
    "gate doctor",
    "gate identity",
    "gate identity add",
    "gate identity rotate",
    "gate identity revoke",
    "gate identity list",
    "ledger",
    "ledger init",
    "ledger append",
    "ledger publish",
    "ledger show",
    "ledger prove",
    "ledger verify",
    "ledger audit",
    "ledger index",
    "ledger find",
    "ledger check-answer",
    "ledger seal",
    "ledger open",
    "ledger erase",
    "ledger monitor",
    "ledger keys",
    "ledger keys show",
    "ledger keys rotate",
    "ledger keys revoke",
    "ledger witness",
    "ledger witness key",
    "ledger witness serve",
    "ledger witness ask",
    "ledger witness forks",
)
PAGES = (
    "README.md",
    "docs/index.md",
    "docs/tutorial.md",
    "docs/how-to/import-a-network.md",
    "docs/how-to/uncertain-inputs.md",
    "docs/how-to/plan-safeguards.md",
    "docs/how-to/long-runs.md",
    "docs/how-to/rare-events.md",
    "docs/how-to/race.md",
    "docs/reference/classics.md",
    "docs/reference/cli.md",
    "docs/reference/gate-http.md",
)
BLOCK = re.compile(
    r"^```(?P<kind>[a-z]+)(?: file=(?P<file>\S+))?\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL
)
OPENING = re.compile(r"(<!-- opening -->\n).*?(<!-- end of opening -->)", re.DOTALL)
WALK = re.compile(r"(?<=<!-- walk -->\n)```text\n(?P<body>.*?)```\n(?=<!-- end of walk -->)", re.DOTALL)
WIDTH = "96"


def rendered(page: str) -> str:
    """Return a page as it should read today."""
    if page == "docs/reference/cli.md":
        return _reference()
    if page == "docs/reference/gate-http.md":
        return gate_http.page()
    text = (ROOT / page).read_text(encoding="utf-8")
    if page == "docs/index.md":
        opening = OPENING.search((ROOT / "README.md").read_text(encoding="utf-8"))
        assert opening, "README.md has lost its opening marks"
        text = OPENING.sub(lambda _: opening.group(0), text)
    if WALK.search(text):
        text = WALK.sub(_walked, text)
    with tempfile.TemporaryDirectory() as folder:
        return BLOCK.sub(lambda match: _block(match, Path(folder)), text)


def failures_in_examples(page: str) -> list[str]:
    """Return what the pycon blocks of a page print other than what it says."""
    text = (ROOT / page).read_text(encoding="utf-8")
    reports: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    names: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        before = Path.cwd()
        os.chdir(folder)
        try:
            for match in BLOCK.finditer(text):
                if match["file"]:
                    Path(match["file"]).write_text(match["body"], encoding="utf-8")
                if match["kind"] == "pycon":
                    line = text.count("\n", 0, match.start()) + 1
                    test = doctest.DocTestParser().get_doctest(match["body"], names, page, page, line)
                    runner.run(test, out=reports.append, clear_globs=False)
                    names = test.globs
        finally:
            os.chdir(before)
    return reports


def _walked(match: re.Match[str]) -> str:
    """Return the walk as it stands where it still goes so, else as it goes today."""
    made = walk.walk()
    return match[0] if walk.same(match["body"], made) else f"```text\n{made}\n```\n"


def _block(match: re.Match[str], folder: Path) -> str:
    if match["file"]:
        (folder / match["file"]).write_text(match["body"], encoding="utf-8")
    if match["kind"] != "console":
        return match[0]
    commands = [line for line in match["body"].splitlines() if line.startswith("$ ")]
    said = [f"{command}\n{_output(command[2:], folder)}" for command in commands]
    return "```console\n" + "\n".join(said) + "```"


def _output(command: str, folder: Path) -> str:
    """Return what a command prints; what it says on standard error only when it fails."""
    words = shlex.split(command)
    if words[0] == "detente":
        told = ["-m", *words]
    elif words[0] == "python" and words[1].startswith("tools/"):
        told = [str(ROOT / words[1]), *words[2:]]
    else:
        return ""
    done = subprocess.run(  # noqa: S603 -- our own pages
        [sys.executable, *told],
        cwd=folder,
        env={**os.environ, "COLUMNS": WIDTH, "NO_COLOR": "1", "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    text = done.stdout + (done.stderr if done.returncode else "")
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def _reference() -> str:
    parts = [
        "# Command line\n\nThis page is the program's own help, written by `make docs`.\n",
        "\n## detente\n\n```text\n" + _output("detente --help", ROOT) + "```\n",
    ]
    parts += [
        f"\n## detente {name}\n\n```text\n{_output(f'detente {name} --help', ROOT)}```\n" for name in COMMANDS
    ]
    return "".join(parts)


def main(words: list[str] | None = None) -> int:
    """Write or check every page; 1 where a check finds one that says otherwise."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 when a page is out of date"
    )
    check = parser.parse_args(words).check
    stale = 0
    with ThreadPoolExecutor(os.cpu_count()) as threads:  # each waits for processes of its own
        today = list(threads.map(rendered, PAGES))
    for page, wanted in zip(PAGES, today, strict=True):
        path = ROOT / page
        now = path.read_text(encoding="utf-8") if path.exists() else ""
        if now == wanted:
            continue
        stale += 1
        if check:
            sys.stdout.writelines(
                difflib.unified_diff(
                    now.splitlines(True), wanted.splitlines(True), page, "what the program says"
                )
            )
        else:
            path.write_text(wanted, encoding="utf-8")
            print(f"wrote {page}")
    if check and stale:
        print(f"{stale} page(s) out of date: make docs")
    return int(check and stale > 0)


if __name__ == "__main__":
    sys.exit(main())
