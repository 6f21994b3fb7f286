"""What the machine tells: cores, memory and CPU of processes, and how busy others keep it."""
import os
import platform
import resource
import signal
import socket
import subprocess
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
CORES = sorted(os.sched_getaffinity(0))
LOAD_CORE, PROXY_CORE = {CORES[0]}, {CORES[-1]}
PINNED = len(CORES) > 1
os.environ["PATH"] += ":/usr/sbin"      # where Debian keeps servers, and not every user looks


def start(command, core, **options):
    """Starts a process on one core, with room for a few thousand sockets."""
    def prepare():
        if PINNED:
            os.sched_setaffinity(0, core)
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 16384) if hard > 0 else 16384, hard))
    return subprocess.Popen(command, preexec_fn=prepare, **options)


def stop(process):
    """Ends a process that this run started."""
    for sig, seconds in ((signal.SIGTERM, 30), (signal.SIGKILL, 5)):
        if process.poll() is None:
            process.send_signal(sig)
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                continue


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_until(ready, process, what, seconds=30):
    """Polls `ready` until it is true; raises when the process ends or the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"{what} ended with exit code {process.returncode}")
        if ready():
            return
        time.sleep(0.01)
    raise RuntimeError(f"{what} was not ready after {seconds} s")


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def memory(pid):
    """MiB, and which figure it is: PSS, or RSS where PSS can't be read (a process without dumps, and we are not root)."""
    try:
        text, kind = Path(f"/proc/{pid}/smaps_rollup").read_text(), "Pss"
    except PermissionError:
        text, kind = Path(f"/proc/{pid}/status").read_text(), "VmRSS"
    lines = (line.split() for line in text.splitlines())
    kib = next(int(words[1]) for words in lines if words and words[0] == kind + ":")
    return kib / 1024, kind.removeprefix("Vm").upper()


def cpu_seconds(pid):
    words = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(map(int, words[11:15])) / TICKS


def tree(pid):
    """The process and all that descend from it."""
    children = (int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split())
    return [pid, *(descendant for child in children for descendant in tree(child))]


class Noise:
    """The share of all cores that went to processes not ours, and to the hypervisor's other guests, between two moments."""

    def __init__(self, pids):
        self.pids = pids
        self.before = self.look()

    def look(self):
        v = [int(x) for x in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
        ours = sum(map(cpu_seconds, self.pids)) + sum(os.times()[0:4])
        return sum(v), sum(v) - v[3] - v[4] - v[7], v[7], ours * TICKS

    def share(self):
        everything, busy, stolen, ours = (b - a for a, b in zip(self.before, self.look()))
        return (max(0, busy - ours) + stolen) / max(1, everything)


def description(folder):
    """One line: processor, cores, memory, kernel, and the file system that holds the ledger."""
    cpu = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), platform.machine())
    gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    kind = subprocess.run(["stat", "-f", "-c", "%T", folder], capture_output=True, text=True).stdout.strip()
    return f"{cpu}, {os.cpu_count()} cores, {gib:.0f} GiB, Linux {platform.release()}, ledger on {kind}"
