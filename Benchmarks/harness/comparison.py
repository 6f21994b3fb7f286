"""The table of the sidecar beside its peers."""
from .report import Figures, per_tunnel, share, table

# What a peer does at most is the bare request.
TITLES = {"get32": "GET, 32 at once", "post32": "POST, 32 at once (Cofferdam prices, holds, settles)",
          "fresh": "new connection, handshake and GET", "rate-get": "GET, 500/s", "down": "100 MiB down", "up": "100 MiB up"}


def added(key):
    return lambda figures, case, target: figures.micro(case, target, key) - figures.micro(case, "direct", key)


def fast(case):
    return [(case, "CPU us each", 0, Figures.cpu), (case, "/s", 0, Figures.per_second)]


def large(case):
    return [(case, "CPU s per GiB", 2, Figures.cpu_per_gib), (case, "% of direct", 0, lambda *what: share(*what) * 100)]


ROWS = [
    *fast("get32"), *fast("post32"), *fast("fresh"),
    ("rate-get", "added p50, us", 0, added("p50_us")), ("rate-get", "added p99, us", 0, added("p99_us")),
    ("rate-get", "CPU us each", 0, Figures.cpu), *large("down"), *large("up")]
RATES = ("/s", "% of direct")           # the more the better: they have no ratio, and direct access has them too


def comparison(runs, memory, targets):
    """`memory` is empty when it was not asked for."""
    figures, measured = Figures(runs), {case for case, _ in runs}
    head = ["", *(target.title if getattr(target, "intercepts", True) else target.title + " (reverse)"
                  for target in targets.values())]
    rows = [line(f"{TITLES[case]}: {unit}", digits, unit in RATES, targets, lambda target: value(figures, case, target))
            for case, unit, digits, value in ROWS if case in measured]
    if memory:
        rows += [line(f"memory idle, MiB {kinds(memory, targets)}", 0, False, targets, lambda target: memory[target]["idle"][0]),
                 line("memory for an idle tunnel, KiB", 0, False, targets, lambda target: per_tunnel(memory[target]))]
    return table(head, [*rows, *outcomes(runs, memory, targets)])


def kinds(memory, targets):
    """One figure for all, or whose is which: without root the sidecar shows only its RSS."""
    each = {name: found["idle"][1] for name, found in memory.items()}
    if len(set(each.values())) == 1:
        return each["sidecar"]
    return f"({', '.join(f'{targets[name].title} {kind}' for name, kind in each.items())}: not alike)"


def line(title, digits, rate, targets, value):
    return [title, *(cell(value, target, digits, rate) for target in targets)]


def cell(value, target, digits, rate):
    if target == "direct" and not rate:
        return ""
    text = f"{value(target):,.{digits}f}"
    if rate or target == "sidecar":
        return text
    return text + (f" ({value('sidecar') / value(target):.2f})" if value(target) > 0 else "")


def outcomes(runs, memory, targets):
    """What failed, and what was too slow to be finished."""
    def results(target, *cases):
        return [r for (case, name), found in runs.items() if name == target and (not cases or case in cases) for r in found]
    rows = [["requests that failed", *(sum(r["errors"] for r in results(target)) for target in targets)]]
    if results("direct", "down", "up"):
        rows.append(["transfers of 100 MiB finished", *(f"{sum(r['requests'] for r in results(target, 'down', 'up'))} of "
                                                        f"{3 * len(results(target, 'down', 'up'))}" for target in targets)])
    if memory:
        rows.append(["idle tunnels held", *(memory[target]["held"] if target in memory else "" for target in targets)])
    return rows
