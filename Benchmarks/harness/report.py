"""The Markdown table, and the targets."""
import statistics

from .cases import CASES


TOO_BUSY = ": **too busy: rates and latencies mean little, and CPU for each request is too high**"


class Figures:
    """Medians over the repeats."""

    def __init__(self, runs):
        self.runs = runs                # (case name, "direct", "sidecar" or a peer) -> results

    def of(self, name, target, value):
        return statistics.median(value(r) for r in self.runs[name, target])

    def per_second(self, name, target):
        return self.of(name, target, lambda r: r["per_s"])

    def micro(self, name, target, key):
        return self.of(name, target, lambda r: r[key])

    def cpu(self, name, target="sidecar"):
        """Microseconds of the target's CPU for a request."""
        return self.of(name, target, lambda r: r["cpu_s"] / max(1, r["requests"]) * 1e6)

    def mib(self, name, target):
        return self.of(name, target, lambda r: max(r["mib_in_s"], r["mib_out_s"]))

    def cpu_per_gib(self, name, target="sidecar"):
        return self.of(name, target, lambda r: r["cpu_s"] / (len_mib(r) / 1024))

    def busy(self, name):
        return self.of(name, "sidecar", lambda r: r["cpu_s"] / r["elapsed_s"])

    def errors(self, name):
        return sum(r["errors"] for target in ("direct", "sidecar") for r in self.runs[name, target])


def len_mib(result):
    return max(1, max(result["mib_in_s"], result["mib_out_s"]) * result["elapsed_s"])


def table(head, rows):
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines) + "\n"


def closed_loop(figures):
    rows = []
    for case in CASES[:7]:
        n = case.name
        rows.append([case.title, f"{figures.per_second(n, 'direct'):,.0f}", f"{figures.per_second(n, 'sidecar'):,.0f}",
                     *(f"{figures.micro(n, t, k):,.0f}" for k in ("p50_us", "p99_us") for t in ("direct", "sidecar")),
                     f"{figures.cpu(n):.0f}", f"{figures.busy(n):.0%}", figures.errors(n)])
    return table(["as fast as it goes", "direct /s", "sidecar /s", "p50 us direct", "p50 us sidecar", "p99 us direct",
                  "p99 us sidecar", "CPU us each", "sidecar's core busy", "errors"], rows)


def open_loop(figures):
    rows = []
    for n, title in (("rate-get", "GET"), ("rate-post", "POST")):
        at = {(t, k): figures.micro(n, t, k) for t in ("direct", "sidecar") for k in ("p50_us", "p99_us", "p999_us")}
        added = [f"{at['sidecar', k] - at['direct', k]:,.0f}" for k in ("p50_us", "p99_us")]
        rows.append([title, *(f"{at[t, k]:,.0f}" for k in ("p50_us", "p99_us", "p999_us") for t in ("direct", "sidecar")),
                     *added, f"{figures.cpu(n):.0f}", figures.errors(n)])
    return table(["500 requests/s", "p50 us direct", "p50 us sidecar", "p99 us direct", "p99 us sidecar", "p99.9 us direct",
                  "p99.9 us sidecar", "added p50", "added p99", "CPU us each", "errors"], rows)


def transfers(figures):
    rows = [[title, f"{figures.mib(n, 'direct'):,.0f}", f"{figures.mib(n, 'sidecar'):,.0f}", f"{share(figures, n):.0%}",
             f"{figures.cpu_per_gib(n):.2f}", figures.errors(n)] for n, title in (("down", "down"), ("up", "up"))]
    return table(["100 MiB", "direct MiB/s", "sidecar MiB/s", "of direct", "CPU s per GiB", "errors"], rows)


def share(figures, name, target="sidecar"):
    """Of what direct access gets through."""
    return figures.mib(name, target) / figures.mib(name, "direct")


def per_tunnel(memory):
    """KiB for each idle tunnel."""
    return (memory["tunnels"][0] - memory["idle"][0]) * 1024 / max(1, memory["held"])


def resident(memory):
    kind = memory["idle"][1]
    return table([f"memory ({kind})", "MiB"], [
        ["idle, after one request", f"{memory['idle'][0]:.1f}"],
        [f"with {memory['held']:,} idle tunnels ({per_tunnel(memory):.1f} KiB each)", f"{memory['tunnels'][0]:.1f}"],
        ["after all load", f"{memory['after'][0]:.1f}"]])


def targets(figures, memory):
    added = figures.micro("rate-get", "sidecar", "p50_us") - figures.micro("rate-get", "direct", "p50_us")
    rows = [
        ("CPU for an audited GET, 32 at once", figures.cpu("get32"), 85, "us"),
        ("CPU for a priced POST, 32 at once", figures.cpu("post32"), 130, "us"),
        ("CPU for a new CONNECT with handshake", figures.cpu("fresh"), 650, "us"),
        ("added median at 500 requests/s", added / 1000, 0.5, "ms"),
        ("100 MiB down, of direct", share(figures, "down") * 100, 60, "%"),
        ("100 MiB up, of direct", share(figures, "up") * 100, 60, "%"),
        ("memory idle", memory["idle"][0], 60, "MiB"),
        ("memory for an idle tunnel", per_tunnel(memory), 40, "KiB"),
    ]
    def line(what, got, wanted, unit):
        met = got >= wanted if unit == "%" else got <= wanted
        bound = "at least" if unit == "%" else "at most"
        digits = 2 if unit == "ms" else 0
        return [what, f"{bound} {wanted} {unit}", f"{got:.{digits}f} {unit}", "yes" if met else "**missed**"]
    return table(["target", "wanted", "got", "met"], [line(*row) for row in rows])


def heading(facts, runs):
    setting = f"{facts['when']}, {facts['version']}. {facts['machine']}. {facts['placement']}"
    if not runs:
        return setting + "\n"
    noise = [r["noise"] for results in runs.values() for r in results]
    tls = sorted({r["tls"] for results in runs.values() for r in results})
    return (f"{setting} Medians of {facts['repeats']}, {facts['seconds']:g} s each; TLS: {', '.join(tls)}. "
            f"Others took {statistics.median(noise):.0%} of the machine (median), {max(noise):.0%} (worst)"
            f"{TOO_BUSY if statistics.median(noise) > 0.1 else ''}.\n")


def report(facts, runs, memory):
    figures = Figures(runs)
    return "\n".join([heading(facts, runs), targets(figures, memory), closed_loop(figures), open_loop(figures),
                      transfers(figures), resident(memory)])
