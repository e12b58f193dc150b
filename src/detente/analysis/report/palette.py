"""Colours by role, for light and for dark; what tells two things apart is never colour alone.

The hues of what must be told apart are those of M. Okabe and K. Ito (Color Universal Design, 2008), darker on
white and lighter on black so that every line keeps a contrast of about 3 to 1 or more against its ground.
Charts name a colour by its role, as `@one` or `@one~0.2` (with that opacity); the page's script looks it up.
"""

from dataclasses import dataclass

__all__ = ["DARK", "LIGHT", "Style", "rung_colours", "style_of", "variables"]

LIGHT = {
    "paper": "#ffffff", "card": "#f5f6f8", "ink": "#16191f", "muted": "#545b66", "grid": "#dde1e7",
    "edge": "#8a93a0", "accent": "#00619a", "bad": "#b83c00", "band": "#e6a817",
    "one": "#c44f00", "two": "#0072b2", "three": "#007a59", "four": "#a64d82", "five": "#8a6500",
    "six": "#16191f",
    "calm0": "#7fa3c4", "calm1": "#2f6ea5", "grave0": "#e08a2c", "grave1": "#9c1f0f", "worst": "#3d0a0a",
}  # fmt: skip
DARK = {
    "paper": "#12151a", "card": "#1b2028", "ink": "#eceef2", "muted": "#a5adba", "grid": "#323945",
    "edge": "#717b8a", "accent": "#6cc3f5", "bad": "#ff8a4d", "band": "#e6a817",
    "one": "#f0762b", "two": "#56b4e9", "three": "#2fc79b", "four": "#e08fbd", "five": "#d9b02f",
    "six": "#eceef2",
    "calm0": "#44617f", "calm1": "#69a9dd", "grave0": "#d98b35", "grave1": "#ff7a5c", "worst": "#ffe3dc",
}  # fmt: skip

_COLOURS = ("one", "two", "three", "four", "five", "six")
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "pentagon")
_DASHES = ("solid", "8px,4px", "2px,3px", "10px,3px,2px,3px", "14px,5px")


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How one portfolio looks in every chart; no two of the first two hundred look alike."""

    colour: str
    """role, as `one`"""
    symbol: str
    """as Plotly calls it"""
    dash: str
    """as SVG's stroke-dasharray, or `solid`"""


def style_of(position: int) -> Style:
    """Return how the portfolio at that position looks."""
    return Style(
        colour=_COLOURS[position % len(_COLOURS)],
        symbol=_SYMBOLS[position % len(_SYMBOLS)],
        dash=_DASHES[position % len(_DASHES)],
    )


def rung_colours(ladder: int, critical: int, catastrophe: int) -> tuple[str, ...]:
    """Return one colour role per rung: blues below critical, from orange to red from there, the worst apart."""
    colours = []
    for rung in range(ladder):
        if rung >= catastrophe:
            colours.append("@worst")
        elif rung < critical:
            colours.append("@calm0" if rung < critical / 2 else "@calm1")
        else:
            colours.append("@grave0" if rung < (critical + catastrophe) / 2 else "@grave1")
    return tuple(colours)


def variables(selector: str = ":root") -> str:
    """Return the style sheet that defines every colour; print is always light."""

    def told(colours: dict[str, str]) -> str:
        return "".join(f"--{role}:{value};" for role, value in colours.items())

    return (
        f"{selector}{{{told(LIGHT)}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{{selector}{{{told(DARK)}}}}}\n"
    )
