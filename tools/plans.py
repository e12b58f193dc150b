"""Plans for the shipped scenarios, into the page about planning.

python tools/plans.py            print the table
python tools/plans.py --write    and write it into docs/how-to/plan-safeguards.md
"""

import argparse
import re
import time
from dataclasses import dataclass
from pathlib import Path

import detente
from detente.analysis.planner.menu import Setting
from detente.analysis.planner.results import Plan
from detente.analysis.planner.verify import Verified
from detente.analysis.wording import duration, money, share, share_with_interval

PAGE = Path(__file__).resolve().parent.parent / "docs" / "how-to" / "plan-safeguards.md"
PASSAGE = re.compile(r"(<!-- plans -->\n).*?(<!-- end of plans -->)", re.DOTALL)
ALL = tuple(detente.scenarios())


@dataclass(frozen=True)
class Asked:
    """One question."""

    scenarios: tuple[str, ...]
    risk: float
    draws: int = 64
    share: float = 0.9
    lost: float = 0.3

    def __str__(self) -> str:
        held = (
            f"in {100 * self.share:g} % of {self.draws} draws too" if self.draws else "at stated values alone"
        )
        lost = "" if self.lost == 1.0 else f", at most {100 * self.lost:g} % of rightful actions stopped"
        where = "all four" if self.scenarios == ALL else ", ".join(self.scenarios)
        return f"{where}: at most {100 * self.risk:g} %, {held}{lost}"


QUESTIONS = (
    *(Asked((name,), 0.01) for name in ALL),
    Asked(ALL, 0.01, draws=0, lost=1.0),
    Asked(ALL, 0.01, draws=0),
)


def main() -> None:
    """Plan, print, and write where asked."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--write", action="store_true", help="write the page")
    told = words.parse_args()
    parts = []
    for asked in QUESTIONS:
        began = time.perf_counter()
        found = detente.plan(
            asked.scenarios, asked.risk, draws=asked.draws, share=asked.share, lost=asked.lost
        )
        parts.append(passage(asked, found))
        print(parts[-1], f"({time.perf_counter() - began:.0f} s)\n", flush=True)
    if told.write:
        text = PAGE.read_text(encoding="utf-8")
        whole = "\n".join(parts)
        PAGE.write_text(PASSAGE.sub(lambda found: f"{found[1]}{whole}{found[2]}", text), encoding="utf-8")


def passage(asked: Asked, found: Plan) -> str:
    """What came of one question."""
    head = f"**{str(asked)[0].upper()}{str(asked)[1:]}.** {found.examined:,} candidates examined. "
    if found.chosen is None:
        near = found.nearest
        assert near is not None
        worst = max(near.stated, key=lambda name: near.stated[name].value)
        missed = ", ".join(f"{name} in {count}" for name, count in near.failing.items() if count)
        return (
            f"{head}Nothing was found. What came nearest costs {money(near.cost)} a year ({', '.join(sorted(near.candidate.names))}), "
            f"with {share(near.stated[worst].value, 1e-4)} in {worst} at stated values"
            + (f"; of the draws looked at it misses the level: {missed}" if missed else "")
            + ".\n"
        )
    numbers = dict(found.chosen.candidate.numbers)
    settings = [
        f"{one.path.removeprefix('safeguards.')} {told(one, numbers[one.path])}"
        for one in found.settings
        if one.path in numbers
    ]
    told_settings = f" ({'; '.join(settings)})" if settings else ""
    rows = [
        f"| {one.scenario} | {share_with_interval(one.catastrophe.value, one.catastrophe.low, one.catastrophe.high)} | "
        f"{kept(one)} | {share(one.burden.stopped, 0.01)} | "
        f"{duration(one.burden.delay_s)} |"
        for one in found.verified
    ]
    verdict = "It held." if found.held else "It did NOT hold."
    return (
        f"{head}{money(found.chosen.cost)} a year: {', '.join(name for name in found.portfolio.safeguards)}"
        f"{told_settings}. {verdict}\n\n"
        "| verified with another seed | catastrophe | kept in draws | rightful stopped | others late by |\n"
        "|---|--:|--:|--:|--:|\n" + "\n".join(rows) + "\n"
    )


def kept(one: Verified) -> str:
    """In how many draws a plan keeps the level."""
    return f"{one.draws - one.failing} of {one.draws}" if one.draws else "-"


def told(one: Setting, value: float) -> str:
    """A setting's value as people say it."""
    if one.key in ("within", "lasts", "timeout"):
        return duration(value)
    return f"{60 * value:.3g} /min" if one.key == "rate" else f"{value:g}"


if __name__ == "__main__":
    main()
