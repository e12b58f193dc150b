"""Random conditions and random facts for them: every operator, and whatever makes one fail."""

from detente.gate.conditions.types import (
    BOOL,
    DOUBLE,
    DURATION,
    DYN,
    INT,
    STRING,
    TIMESTAMP,
    Schema,
    list_of,
    map_of,
    object_of,
    optional,
)

SCHEMA = Schema(
    {
        "action.name": STRING,
        "action.target": STRING,
        "action.rung": INT,
        "action.big": INT,
        "action.reversible": BOOL,
        "action.urgent": optional(BOOL),
        "action.targets": list_of(STRING),
        "action.weights": list_of(DOUBLE),
        "action.ports": list_of(INT),
        "action.arguments": DYN,
        "action.options": map_of(DYN),
        "action.note": optional(STRING),
        "premise.confidence": optional(DOUBLE),
        "premise.count": optional(INT),
        "meter.r": DOUBLE,
        "now.at": TIMESTAMP,
        "action.asked": TIMESTAMP,
        "action.age": DURATION,
        "action.limit": DURATION,
        "counts": map_of(INT),
        "hosts": list_of(object_of({"name": STRING, "weight": optional(DOUBLE), "tier": INT})),
    }
)

INTS = [0, 1, -1, 2, 3, 7, -7, 100, 2**31, 2**63 - 1, -(2**63), -(2**63) + 1]
DOUBLES = [0.0, 0.5, -0.5, 1.0, 0.8, 1e300, -1e300, 3.0, 1e-7]
TEXTS = ["", "a", "b", "ab", "abc", "west-1", "3", "-12", "x3", "1.5"]
WIDE = ["é", "ß", "\U0001f600", "\uffff", "a\u0301", 'quote"', "back\\slash", "new\nline"]
PATTERNS = ["^a", "b$", "^[a-c]*$", "west-[0-9]+", "(a|b)+c", "a{1,3}", "."]
MAPS = ["{}", '{"a": 1}', "counts"]
DAY = 86_400_000_000_000
MOMENTS = [
    "2026-03-01T05:04:03Z",
    "1999-12-31T23:59:59.5Z",
    "2024-02-29T12:00:00.000001Z",
    "1900-01-01T00:00:00+02:00",
]
SPANS = ["1h", "90m", "1.5s", "-20ms", "0s", "10us", "36h"]


class Writer:
    """Writes conditions; `has_size` is off where texts are not ASCII, of which the library counts the bytes."""

    def __init__(self, random, *, has_size=True):
        self.random = random
        self.has_size = has_size
        self.bound = []
        """(name, type) of the variables around"""

    def one(self, *ways):
        return self.random.choice(ways)()

    def pick(self, values):
        return self.random.choice(values)

    def variables(self, kind):
        return [name for name, of in self.bound if of == kind]

    def mark(self):
        return self.pick(["<", "<=", ">", ">=", "==", "!="])

    # one function a type ---------------------------------------------------------------------------

    def bool(self, depth):
        if depth <= 0:
            return self.one(
                lambda: self.pick(["true", "false", "action.reversible"]),
                lambda: f"{self.int(0)} {self.mark()} {self.int(0)}",
                lambda: f"{self.string(0)} {self.mark()} {self.string(0)}",
                lambda: f"{self.double(0)} {self.mark()} {self.double(0)}",
            )
        d = depth - 1
        return self.one(
            lambda: f"({self.bool(d)} && {self.bool(d)})",
            lambda: f"({self.bool(d)} || {self.bool(d)})",
            lambda: f"({self.bool(d)} && {self.bool(d)} && {self.dyn(d)})",
            lambda: f"!({self.bool(d)})",
            lambda: f"({self.bool(d)} ? {self.bool(d)} : {self.bool(d)})",
            lambda: f"{self.int(d)} {self.mark()} {self.int(d)}",
            lambda: f"{self.double(d)} {self.mark()} {self.double(d)}",
            lambda: f"{self.double(d)} < {self.pick(['1', '-3', '0'])}",
            lambda: f"{self.string(d)} {self.mark()} {self.string(d)}",
            lambda: f"{self.moment(d)} {self.mark()} {self.moment(d)}",
            lambda: f"{self.span(d)} {self.mark()} {self.span(d)}",
            lambda: f"({self.bool(d)}) {self.mark()} ({self.bool(d)})",
            lambda: (
                f"{self.dyn(d)} {self.mark()} {self.one(lambda: self.int(d), lambda: self.double(d), lambda: self.string(d))}"
            ),
            lambda: f"{self.dyn(d)} {self.mark()} {self.dyn(d)}",
            lambda: (
                f"{self.dyn(d)} {self.pick(['==', '!='])} {self.pick(['null', 'true', '[1, 2]', '[]', 'action.ports'])}"
            ),
            lambda: f"{self.strings(d)} {self.pick(['==', '!='])} {self.strings(d)}",
            lambda: f"{self.ints(d)} {self.pick(['==', '!='])} {self.ints(d)}",
            lambda: f"action.weights {self.pick(['==', '!='])} [{self.double(d)}]",
            lambda: f"counts {self.pick(['==', '!='])} {self.pick(MAPS)}",
            lambda: f"{self.string(d)} in {self.one(lambda: self.strings(d), lambda: 'counts')}",
            lambda: f"{self.int(d)} in {self.ints(d)}",
            lambda: f"{self.double(d)} in {self.pick(['action.weights', '[0.5, 1.0]'])}",
            lambda: (
                f"{self.dyn(d)} in {self.one(lambda: self.strings(d), lambda: self.ints(d), lambda: self.dyn(d))}"
            ),
            lambda: f"{self.string(d)}.{self.pick(['contains', 'startsWith', 'endsWith'])}({self.string(d)})",
            lambda: f"{self.string(d)}.matches({quoted(self.pick(PATTERNS))})",
            lambda: f"{self.dyn(d)}.startsWith({self.dyn(d)})",
            lambda: self.comprehension(d),
            lambda: self.guarded(d),
        )

    def guarded(self, d):
        return self.pick(
            [
                f"(has(premise.confidence) && premise.confidence {self.mark()} {self.double(d)})",
                f"(!has(premise.count) || premise.count {self.mark()} {self.int(d)})",
                "(has(action.urgent) ? action.urgent : false)",
                f"(has(action.note) && action.note {self.mark()} {self.string(d)})",
                "has(action.note)",
                "has(action.arguments.count)",
                "(has(action.arguments.count) && action.arguments.count > 5)",
                "has(action.arguments.deep.a)",
                "has(action.options.level)",
                "(has(action.options.level) && action.options.level >= 2)",
                "has(counts.a)",
            ]
        )

    def comprehension(self, d):
        macro = self.pick(["all", "exists", "exists_one"])
        over, of = self.pick(
            [
                (self.strings(d), "string"),
                (self.ints(d), "int"),
                ("action.weights", "double"),
                ("counts", "string"),
                ("hosts", "host"),
                ("action.arguments.items", "dyn"),
                ("action.options", "string"),
            ]
        )
        return f"{over}.{macro}({self.body(of, d)})"

    def body(self, of, d):
        if len(self.bound) >= 2:
            return "x, true"
        name = self.pick(["x", "y", "f0", "v1", "FACTS"])
        before = self.bound
        self.bound = [pair for pair in before if pair[0] != name] + [(name, of)]
        body = self.bool(min(d, 1))
        if of == "host":
            body = self.pick(
                [
                    f"{name}.name == {self.string(0)}",
                    f"{name}.tier > {self.int(0)} && {body}",
                    f"has({name}.weight) && {name}.weight < {self.double(0)}",
                    f"!has({name}.weight) || {body}",
                ]
            )
        self.bound = before
        return f"{name}, {body}"

    def int(self, depth):
        if depth <= 0:
            return self.pick(
                [*map(str, INTS), "action.rung", "action.big", "-action.rung", *self.variables("int")]
            )
        d = depth - 1
        return self.one(
            lambda: f"({self.int(d)} {self.pick('+-*/%')} {self.int(d)})",
            lambda: f"-({self.int(d)})",
            lambda: f"int({self.double(d)})",
            lambda: f"int({self.string(d)})",
            lambda: f"size({self.one(lambda: self.strings(d), lambda: self.ints(d), lambda: 'counts')})",
            lambda: f"{self.string(d)}.size()" if self.has_size else self.int(d),
            lambda: (
                f"{self.moment(d)}.get{self.pick(['FullYear', 'Month', 'Date', 'DayOfMonth', 'DayOfWeek', 'DayOfYear', 'Hours', 'Minutes', 'Seconds', 'Milliseconds'])}()"
            ),
            lambda: f"{self.span(d)}.get{self.pick(['Hours', 'Minutes', 'Seconds'])}()",
            lambda: f"{self.ints(d)}[{self.int(d)}]",
            lambda: f"counts[{self.string(d)}]",
            lambda: f"counts.{self.pick(['a', 'b', 'zz'])}",
            lambda: f"({self.bool(d)} ? {self.int(d)} : {self.int(d)})",
            lambda: f"({self.dyn(d)} + {self.int(d)})",
            lambda: self.int(0),
        )

    def double(self, depth):
        if depth <= 0:
            return self.pick([*map(repr, DOUBLES), "meter.r", "-meter.r", *self.variables("double")])
        d = depth - 1
        return self.one(
            lambda: f"({self.double(d)} {self.pick('+-*/')} {self.double(d)})",
            lambda: f"double({self.int(d)})",
            lambda: f"double({self.string(d)})",
            lambda: f"action.weights[{self.int(d)}]",
            lambda: f"({self.bool(d)} ? {self.double(d)} : {self.double(d)})",
            lambda: self.double(0),
        )

    def string(self, depth):
        if depth <= 0:
            return self.pick([*map(quoted, TEXTS), "action.name", "action.target", *self.variables("string")])
        d = depth - 1
        return self.one(
            lambda: f"({self.string(d)} + {self.string(d)})",
            lambda: f"string({self.int(d)})",
            lambda: f"{self.strings(d)}[{self.int(d)}]",
            lambda: self.string(0),
        )

    def moment(self, depth):
        if depth <= 0:
            return self.pick(["now.at", "action.asked", *(f'timestamp("{text}")' for text in MOMENTS)])
        d = depth - 1
        return self.one(
            lambda: f"({self.moment(d)} {self.pick('+-')} {self.span(d)})",
            lambda: f"({self.span(d)} + {self.moment(d)})",
            lambda: self.moment(0),
        )

    def span(self, depth):
        if depth <= 0:
            return self.pick(["action.age", "action.limit", *(f'duration("{text}")' for text in SPANS)])
        d = depth - 1
        return self.one(
            lambda: f"({self.span(d)} {self.pick('+-')} {self.span(d)})",
            lambda: f"({self.moment(d)} - {self.moment(d)})",
            lambda: self.span(0),
        )

    def strings(self, depth):
        if depth <= 0:
            return self.pick(["action.targets", '["a", "b"]', "[]", '["abc"]'])
        d = depth - 1
        return self.one(
            lambda: f"[{self.string(d)}, {self.string(d)}]",
            lambda: f"({self.strings(d)} + {self.strings(d)})",
            lambda: f"action.targets.filter({self.body('string', d)})",
            lambda: 'action.targets.map(t, t + "!")',
            lambda: "hosts.map(h, h.tier > 1, h.name)",
            lambda: self.strings(0),
        )

    def ints(self, depth):
        if depth <= 0:
            return self.pick(["action.ports", "[1, 2]", "[3]"])
        d = depth - 1
        return self.one(
            lambda: f"[{self.int(d)}, {self.int(d)}]",
            lambda: f"(action.ports + {self.ints(d)})",
            lambda: f"action.ports.filter({self.body('int', d)})",
            lambda: "action.ports.map(p, p * 2)",
            lambda: self.ints(0),
        )

    def dyn(self, depth):
        names = self.variables("dyn")
        return self.pick(
            [
                "action.arguments.count",
                "action.arguments.count",
                "action.arguments.ratio",
                "action.arguments.path",
                "action.arguments.flag",
                "action.arguments.nothing",
                "action.arguments.deep.a",
                'action.arguments["deep"]["b"]',
                "action.arguments.items",
                f"action.arguments.items[{self.int(0)}]",
                "action.arguments.path[0]",
                "action.arguments.zz",
                "action.options.level",
                "action.options.level",
                'action.options["mode"]',
                "(action.arguments.count + action.arguments.ratio)",
                "(action.arguments.count * 2)",
                "(action.arguments.count / action.arguments.deep.a)",
                "(action.arguments.path + action.arguments.path)",
                "(action.arguments.items + action.arguments.items)",
                *names,
                *names,
            ]
        )


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def facts(random, *, wide=False):
    """A record, as the gate hands it over; moments and durations in whole microseconds."""
    pick = random.choice
    texts = TEXTS + WIDE if wide else TEXTS
    free = [0, 1, -3, 2.0, 0.5, "a", "3", True, False, None, [1, 2], ["a", 1, 2.5], {"a": 1}, [], {}]
    arguments = {
        name: pick(free) if random.random() < 0.3 else usual
        for name, usual in {
            "count": pick([3, 6, 40]),
            "ratio": pick([0.25, 6.0]),
            "path": pick(["/etc", "a"]),
            "flag": pick([True, False]),
            "nothing": None,
            "deep": {"a": pick([0, 2]), "b": "x"},
            "items": pick([[], [1, 2, 3], ["a", "b"], [3, "a", 0.5], [True]]),
        }.items()
        if random.random() < 0.85
    }
    record = {
        "action.name": pick(texts),
        "action.target": pick(texts),
        "action.rung": pick(INTS[:8]),
        "action.big": pick(INTS),
        "action.reversible": pick([True, False]),
        "action.urgent": pick([True, False, None]),
        "action.targets": [pick(texts) for _ in range(random.randrange(4))],
        "action.weights": [pick([*DOUBLES, float("nan")]) for _ in range(random.randrange(3))],
        "action.ports": tuple(pick(INTS) for _ in range(random.randrange(4))),
        "action.arguments": arguments if random.random() < 0.9 else pick(free),
        "action.options": {name: pick(free) for name in ("level", "mode") if random.random() < 0.8},
        "action.note": pick([None, *texts]),
        "premise.confidence": pick([None, 0.5, 0.9, float("nan"), float("inf")]),
        "premise.count": pick([None, *INTS]),
        "meter.r": pick([*DOUBLES, float("nan"), float("inf"), -0.0]),
        "now.at": random.randrange(-20_000 * DAY, 40_000 * DAY) // 1000 * 1000,
        "action.asked": random.randrange(-20_000 * DAY, 40_000 * DAY) // 1000 * 1000,
        "action.age": random.randrange(-3 * DAY, 40 * DAY) // 1000 * 1000,
        "action.limit": random.randrange(0, DAY) // 1000 * 1000,
        "counts": {name: pick(INTS) for name in ("a", "b", "abc") if random.random() < 0.6},
        "hosts": [
            {"name": pick(texts), "tier": pick(INTS[:6]), "weight": pick([None, 0.5, 2.0])}
            for _ in range(random.randrange(3))
        ],
    }
    for path in ("action.urgent", "action.note", "premise.confidence"):
        if record[path] is None and random.random() < 0.5:
            del record[path]
    return record
