"""What the programs share: progress, the work folder, C programs, measuring in turns, and facts for the heading."""
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from . import machine

SOURCES = Path(__file__).resolve().parent.parent


def say(*words):
    print(time.strftime("%H:%M:%S"), *words, file=sys.stderr, flush=True)


def require(binary):
    """Ends the program when something is missing without which nothing can be measured."""
    if not binary.exists():
        sys.exit(f"{binary} does not exist: build it with `make build`, or name it with --binary")
    missing = [tool for tool in ("gcc", "nginx", "openssl") if not shutil.which(tool)]
    if missing:
        sys.exit(f"missing: {', '.join(missing)} (apt install gcc libssl-dev nginx-light openssl)")


def leave(number, _):
    """Ctrl-C or SIGTERM: ends the program once, through everybody's `finally`."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    sys.exit(128 + number)


@contextmanager
def folder(purpose, parent, keep=False):
    """A folder that is removed at the end, whatever the end."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, leave)
    path = Path(tempfile.mkdtemp(prefix=f"cofferdam-{purpose}-", dir=parent))
    try:
        yield path
    finally:
        if keep:
            say("kept", path)
        else:
            shutil.rmtree(path, ignore_errors=True)


def build(folder, name, *libraries):
    program = folder / name
    subprocess.run(["gcc", "-O2", "-w", "-o", program, SOURCES / f"{name}.c", *libraries], check=True)
    return program


def measure_all(load, targets, cases, repeats, seconds):
    """Targets (name -> target) take turns, so that a change of the machine's mood meets all; another begins each time."""
    runs, names = {}, list(targets)
    for repeat in range(repeats):
        first = repeat % len(names)
        for case in cases:
            for name in names[first:] + names[:first]:
                result = load.run(targets[name], case, seconds)
                runs.setdefault((case.name, name), []).append(result)
                say(f"{repeat + 1}/{repeats} {case.name:9} {name:9} {result['per_s']:>9,.0f}/s p50 {result['p50_us']:>9,.0f} us",
                    f"errors {result['errors']} {result['first_error']}".rstrip())
    return runs


def facts(binary, folder, repeats, seconds):
    version = subprocess.run([binary, "--version"], capture_output=True, text=True).stdout.strip()
    placement = "Sidecar on one core, load and nginx on another." if machine.PINNED else "All on one core."
    return {"when": time.strftime("%Y-%m-%d"), "version": f"cofferdam {version}", "machine": machine.description(folder),
            "placement": placement, "repeats": repeats, "seconds": seconds}
