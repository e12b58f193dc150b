"""Writes what is generated under `spec/`: the JSON Schemas, the resolved twins, the expected errors.

Run it after a deliberate change of a language, and read the difference before keeping it: the
cases say what the language is, and this script believes whatever the program does.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from detente.errors import DocumentError
from detente.model import document, library
from detente.model.charter import document as charter_document
from detente.model.charter import library as charter_library
from detente.model.portfolio import document as portfolio_document
from detente.model.portfolio import library as portfolio_library
from detente.model.race import document as race_document
from detente.model.race import library as race_library
from detente.model.schema import text

SPEC = Path(__file__).parent.parent / "spec"
LANGUAGES = (
    ("scenario", "", document.Document, library.load),
    ("portfolio", "portfolio-", portfolio_document.Document, portfolio_library.load),
    ("race", "race-", race_document.Document, race_library.load),
    ("charter", "charter-", charter_document.Document, charter_library.load),
)

Load = Callable[[Path], Any]


def main() -> None:
    """Write every generated file."""
    for noun, prefix, model, load in LANGUAGES:
        (SPEC / f"{noun}.schema.json").write_text(text(model, noun), encoding="utf-8")
        for case in sorted((SPEC / "cases" / f"{prefix}valid").glob("*.yaml")):
            resolved(case, load)
        for case in sorted((SPEC / "cases" / f"{prefix}invalid").glob("*.yaml")):
            errors(case, load)


def resolved(case: Path, load: Load) -> None:
    """Write the resolved twin of a valid case."""
    twin = json.dumps(load(case).document, indent=2, ensure_ascii=False)
    case.with_suffix(".resolved.json").write_text(twin + "\n", encoding="utf-8")


def errors(case: Path, load: Load) -> None:
    """Write the messages of an invalid case, one a line, each from its line and column on."""
    try:
        load(case)
    except DocumentError as refused:
        lines = [str(problem).removeprefix(f"{case}:").lstrip() for problem in refused.problems]
        case.with_suffix(".errors.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    else:
        raise SystemExit(f"{case} is legal")


if __name__ == "__main__":
    main()
