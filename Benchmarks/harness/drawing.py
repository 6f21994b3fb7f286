"""Draws a curve of growth.json as SVG: small multiples with a logarithmic x-axis, one for each measure."""
import json
import math
import statistics
from dataclasses import dataclass
from html import escape

WIDTH, CELL, HIGH = 880, 440, 236          # the picture; a panel with its labels
LEFT, RIGHT, ABOVE, BELOW = 64, 26, 36, 44   # from the panel's edge to its axes
TOP, BOTTOM = 84, 79                       # for title and legend; for the notes
BUSY = 0.1                                 # the share of others from which a point is hollow

# The measure's name in growth.json, its title with unit.
START = ("start_ms", "start to the first answered payment, s", 0.001)
RATE = ("per_s", "requests a second", 1)
CPU = ("cpu_us", "CPU for each request, µs", 1)
LATENCY = ("p50_ms", "median latency, ms", 1)


@dataclass(frozen=True)
class Picture:
    title: str
    axis: str
    measures: tuple
    about: str


def memory(curve):
    return ("memory_mib", f"highest memory ({curve['memory']}), MiB", 1)


def picture(name, curve):
    return {
        "connections": Picture(
            "Growth with connections", "keep-alive connections, each with one audited GET at a time",
            (RATE, CPU, memory(curve), LATENCY),
            "One run's connections ask as fast as they are answered; each point has a sidecar of its own over an empty store."),
        "keys": Picture(
            "Growth with keys", "vault keys in the store", (START, RATE, CPU, memory(curve)),
            "Priced POSTs on 32 connections. Unexpired keys are held in memory, expired ones lie on the disk only."),
        "records": Picture(
            "Growth with audit records", "records in the store", (START, RATE, CPU, memory(curve)),
            "Priced POSTs on 32 connections; each adds two records to those that are there at the start."),
    }[name]


# No variables in the style: librsvg and others do not know them.
STYLE = """
svg{color:#1f2328;font:12px system-ui,sans-serif}text{fill:currentColor}.paper,.d.o{fill:#fff}
.h{font-size:17px;font-weight:600}.p{font-weight:600}.s{opacity:.75}.e{text-anchor:end}.m{text-anchor:middle}
.grid{stroke:currentColor;opacity:.14}.axis{stroke:currentColor;opacity:.6}
.l{fill:none}.l,.d{stroke-width:2}.w{stroke-width:1.5}.l.b{stroke-dasharray:6 4}
.a{stroke:#0b62c4}.b{stroke:#b3470a}.d.a:not(.o){fill:#0b62c4}.d.b:not(.o){fill:#b3470a}
@media(prefers-color-scheme:dark){
svg{color:#e6edf3}.paper,.d.o{fill:#0d1117}
.a{stroke:#6cb0ff}.b{stroke:#ff9f5a}.d.a:not(.o){fill:#6cb0ff}.d.b:not(.o){fill:#ff9f5a}}
"""


def as_text(data):
    """JSON with a line for each point."""
    def curve(one):
        lines = [f"    {json.dumps(point)}" for point in one["points"]]
        facts = [f"   {json.dumps(key)}: {json.dumps(value)}" for key, value in one.items() if key != "points"]
        return "{\n" + ",\n".join([*facts, '   "points": [\n' + ",\n".join(lines) + "\n   ]"]) + "\n  }"
    return "{\n" + ",\n".join(f"  {json.dumps(name)}: {curve(one)}" for name, one in data.items()) + "\n}\n"


def brief(number):
    """A size of the x-axis: 1, 100, 10k, 1M."""
    for unit, letter in ((10**6, "M"), (10**3, "k")):
        if number >= unit:
            return f"{number / unit:g}{letter}"
    return f"{number:g}"


def figure(value):
    """Three digits are enough to read."""
    if value == 0 or value >= 100:
        return f"{value:,.0f}"
    return f"{value:.{max(0, 2 - math.floor(math.log10(value)))}f}"


def ticks(most):
    """From 0 to at least `most`, in at most five round steps."""
    rough = max(most, 1e-6) / 5
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * n for n in (1, 2, 2.5, 5, 10) if power * n >= rough)
    return [step * n for n in range(math.ceil(most / step) + 1)]


def tag(name, text=None, **attributes):
    words = "".join(f' {key.rstrip("_").replace("_", "-")}="{shorten(value)}"' for key, value in attributes.items())
    return f"<{name}{words}/>" if text is None else f"<{name}{words}>{text}</{name}>"


def shorten(value):
    return f"{value:.1f}".rstrip("0").rstrip(".") if isinstance(value, float) else escape(str(value))


def label(x, y, text, kind=""):
    return tag("text", escape(text), x=x, y=y, **({"class_": kind} if kind else {}))


def line(x1, y1, x2, y2, kind):
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=kind)


class Panel:
    """One measure over all sizes."""

    def __init__(self, x, y, curve, measure, axis):
        self.x, self.y, self.curve, self.axis = x, y, curve, axis
        self.key, self.title, self.scale = measure
        self.sizes = sorted({point["size"] for point in curve["points"]})
        self.ticks = ticks(max(self.scale * max(point[self.key]) for point in curve["points"]))

    def across(self, size):
        share = math.log10(size) / max(1, math.log10(self.sizes[-1]))
        return self.x + LEFT + share * (CELL - LEFT - RIGHT)

    def up(self, value):
        return self.y + HIGH - BELOW - value / self.ticks[-1] * (HIGH - ABOVE - BELOW)

    def draw(self):
        parts = [label(self.x + LEFT, self.y + 22, self.title, "p"), *self.axes()]
        for index, series in enumerate(names(self.curve)):
            parts += self.series([p for p in self.curve["points"] if p["series"] == series], "ab"[index])
        return tag("g", "\n".join(parts))

    def axes(self):
        left, right, base = self.x + LEFT, self.x + CELL - RIGHT, self.up(0)
        for value in self.ticks:
            yield line(left, self.up(value), right, self.up(value), "grid" if value else "axis")
            yield label(left - 8, self.up(value) + 4, f"{value:,.10g}", "e")
        for size in self.sizes:
            yield line(self.across(size), base, self.across(size), base + 4, "axis")
            yield label(self.across(size), base + 18, brief(size), "m")
        yield label((left + right) / 2, base + 36, self.axis, "m s")

    def series(self, points, letter):
        at = [(self.across(p["size"]), self.up(self.middle(p))) for p in points]
        yield tag("path", d="M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in at), class_=f"l {letter}")
        for (x, y), point in zip(at, points):
            values = [v * self.scale for v in point[self.key]]
            if len(values) > 1:
                yield line(x, self.up(max(values)), x, self.up(min(values)), f"w {letter}")
            hollow = " o" if statistics.median(point["noise"]) > BUSY else ""
            text = f"{point['series']}, {point['size']:,}: {figure(self.middle(point))}"
            yield tag("circle", tag("title", escape(text)), cx=x, cy=y, r=4, class_=f"d {letter}{hollow}")

    def middle(self, point):
        return statistics.median(point[self.key]) * self.scale


def names(curve):
    return list(dict.fromkeys(point["series"] for point in curve["points"]))


def legend(curve):
    x, parts = LEFT, []
    for index, series in enumerate(names(curve)):
        parts += [line(x, 66, x + 30, 66, f"l {'ab'[index]}"), label(x + 38, 70, series)]
        x += 60 + 8 * len(series)
    return [*parts, line(x + 8, 59, x + 8, 73, "w a"), label(x + 18, 70, "least to most", "s"),
            tag("circle", cx=x + 118, cy=66, r=4, class_="d a o"),
            label(x + 130, 70, f"others took over {BUSY:.0%} of the machine", "s")]


def notes(curve):
    noise = [share for point in curve["points"] for share in point["noise"]]
    errors = sum(sum(point["errors"]) for point in curve["points"])
    return [
        f"{curve['when']}, {curve['version']}. {curve['machine']}.",
        f"{curve['placement']} Medians of {curve['repeats']}, {curve['seconds']:g} s each.",
        f"Others took {statistics.median(noise):.0%} of the machine (median), {max(noise):.0%} (worst). Errors: {errors}.",
        curve["command"],
    ]


def summary(chosen, curve):
    """The figures in words, for who can't see the picture."""
    def ends(series, measure):
        key, title, scale = measure
        points = [p for p in curve["points"] if p["series"] == series]
        first, last = (figure(statistics.median(p[key]) * scale) for p in (points[0], points[-1]))
        return f"{title}: {first} at {points[0]['size']:,}, {last} at {points[-1]['size']:,}"
    return " ".join([chosen.about, *(f"{series}: " + "; ".join(ends(series, m) for m in chosen.measures) + "."
                                     for series in names(curve))])


def svg(name, curve):
    chosen = picture(name, curve)
    height = TOP + 2 * HIGH + BOTTOM
    panels = [Panel(CELL * (i % 2), TOP + HIGH * (i // 2), curve, measure, chosen.axis).draw()
              for i, measure in enumerate(chosen.measures)]
    parts = [tag("title", escape(chosen.title), id="t"), tag("desc", escape(summary(chosen, curve)), id="d"),
             tag("style", STYLE), tag("rect", width=WIDTH, height=height, class_="paper"),
             label(LEFT, 28, chosen.title, "h"), label(LEFT, 48, chosen.about, "s"), *legend(curve), *panels,
             *(label(LEFT, height - BOTTOM + 18 + 17 * i, text, "s") for i, text in enumerate(notes(curve)))]
    return tag("svg", "\n" + "\n".join(parts) + "\n", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {WIDTH} {height}",
               width=WIDTH, height=height, role="img", aria_labelledby="t d") + "\n"
