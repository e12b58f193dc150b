"""What a page of HTML is made of, read by a parser that is not ours."""

import json
from html.parser import HTMLParser
from itertools import pairwise

VOID = {"meta", "link", "br", "hr", "input", "col"}


class Page(HTMLParser):
    """Elements with their parents, texts, and everything that is not well-formed."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.faults, self.elements, self._open = [], [], []
        self.feed(text)
        self.close()
        self.faults += [f"<{one['tag']}> is never closed" for one in self._open]

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        self.faults += [f"{name} twice in <{tag}>" for name in names if names.count(name) > 1]
        parent = self._open[-1] if self._open else None
        one = {"tag": tag, "attrs": dict(attrs), "parent": parent, "text": "", "inside": []}
        if parent:
            parent["inside"].append(one)
        self.elements.append(one)
        if tag not in VOID:
            self._open.append(one)

    def handle_startendtag(self, tag, _):
        self.faults.append(f"<{tag}/> closes itself")

    def handle_endtag(self, tag):
        if not self._open or self._open[-1]["tag"] != tag:
            self.faults.append(f"</{tag}> closes {self._open[-1]['tag'] if self._open else 'nothing'}")
            return
        self._open.pop()

    def handle_data(self, data):
        for one in self._open[-1:]:
            one["text"] += data

    def all(self, tag, **having):
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in having.items()}
        return [
            one
            for one in self.elements
            if one["tag"] == tag and all(one["attrs"].get(name) == value for name, value in wanted.items())
        ]

    def within(self, one, tag):
        while one and one["tag"] != tag:
            one = one["parent"]
        return one

    def text(self, one):
        return one["text"] + "".join(self.text(child) for child in one["inside"])

    def specs(self):
        return {
            one["attrs"]["data-for"]: json.loads(one["text"]) for one in self.all("script", class_="spec")
        }


def faults_of(page):
    """What a careful reader of the mark-up would object to."""
    found = list(page.faults)
    ids = [one["attrs"]["id"] for one in page.elements if "id" in one["attrs"]]
    found += sorted({f"id {name} twice" for name in ids if ids.count(name) > 1})
    for one in page.elements:
        for name in ("aria-labelledby", "aria-describedby"):
            found += [
                f"{name} {word}: no such id" for word in one["attrs"].get(name, "").split() if word not in ids
            ]
        href = one["attrs"].get("href", "")
        if href.startswith("#") and href[1:] not in ids:
            found.append(f"{href} leads nowhere")
        if one["tag"] in {"a", "img", "link", "script", "iframe"}:
            where = href or one["attrs"].get("src", "")
            if where and not where.startswith(("#", "data:")):
                found.append(f"{one['tag']} leads out: {where}")
        if one["tag"] in {"section", "nav"} and not {"aria-label", "aria-labelledby"} & set(one["attrs"]):
            found.append(f"{one['tag']} without a name")
    found += _headings(page) + _tables(page)
    for chart in page.all("div", class_="chart"):
        figure = page.within(chart, "figure")
        if not figure or not any(page.within(table, "figure") is figure for table in page.all("table")):
            found.append(f"chart {chart['attrs']['id']} has no table behind it")
        if not chart["attrs"].get("aria-label") or chart["attrs"].get("role") != "img":
            found.append(f"chart {chart['attrs']['id']} has no name")
    return found


def _headings(page):
    levels = [int(one["tag"][1]) for one in page.elements if one["tag"] in {"h1", "h2", "h3", "h4"}]
    found = [f"h{b} after h{a}" for a, b in pairwise(levels) if b > a + 1]
    return found if levels.count(1) == 1 and levels[0] == 1 else [*found, "not exactly one h1, first"]


def _tables(page):
    found = []
    for table in page.all("table"):
        name = "".join(page.text(one) for one in table["inside"] if one["tag"] == "caption")
        if not name:
            found.append("a table without a caption")
        rows = [one for one in page.all("tr") if page.within(one, "table") is table]
        widths = {len(row["inside"]) for row in rows}
        if len(widths) != 1:
            found.append(f"{name}: rows of {sorted(widths)} cells")
        found += [
            f"{name}: th without scope"
            for one in page.all("th")
            if page.within(one, "table") is table and one["attrs"].get("scope") not in {"col", "row"}
        ]
    return found
