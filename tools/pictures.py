"""Draws every shipped scenario for its page in docs/scenarios/, or checks that the pictures are current.

python tools/pictures.py           write docs/scenarios/NAME.svg
python tools/pictures.py --check   exit 1 when a picture is not what the program draws today
"""

import argparse
import sys
from pathlib import Path

import detente
from detente.analysis.report.network import network_of
from detente.analysis.report.picture import draw

ROOT = Path(__file__).resolve().parent.parent


def drawn(name: str) -> str:
    """Return the picture of a shipped scenario as the text of its file."""
    return f"{draw(network_of(detente.load(name)))}\n"


def place(name: str) -> Path:
    """Return where the picture of a shipped scenario stands."""
    return ROOT / "docs" / "scenarios" / f"{name}.svg"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when one is out of date")
    check = parser.parse_args().check
    stale = 0
    for name in detente.scenarios():
        path, wanted = place(name), drawn(name)
        if path.exists() and path.read_text(encoding="utf-8") == wanted:
            continue
        stale += 1
        if check:
            print(f"{path.relative_to(ROOT)} is out of date: make docs")
        else:
            path.write_text(wanted, encoding="utf-8")
            print(f"wrote {path.relative_to(ROOT)}")
    return int(check and stale > 0)


if __name__ == "__main__":
    sys.exit(main())
