"""What is measured, and one measurement."""
import json
import subprocess
import time
from dataclasses import dataclass

from . import machine
from .origin import MIB

GET = ("/v1/balance", [])
POST = ("/v1/payment_intents", [
    "--method", "POST", "--field", "Content-Type: application/x-www-form-urlencoded",
    "--content", "amount=500&currency=usd&confirm=false&metadata[order]=6735&description=" + "benchmark+" * 24])


@dataclass(frozen=True)
class Case:
    name: str
    title: str
    request: tuple
    options: tuple
    timed: bool = True                  # for a time, after a warm-up; else for a number of requests


def keep_alive(verb, request, connections):
    kind = "audited, free" if verb == "GET" else "priced, held, settled"
    return Case(f"{verb.lower()}{connections}", f"{verb} ({kind}), keep-alive, {connections} at once",
                request, ("--connections", connections))


def transfer(name, title, path, *options):
    return Case(name, title, (path, []), ("--requests", 3, "--seconds", 20, *options), timed=False)


CASES = [
    *(keep_alive("GET", GET, n) for n in (1, 32, 128)),
    *(keep_alive("POST", POST, n) for n in (1, 32, 128)),
    Case("fresh", "CONNECT, full handshake and GET for each request, 16 at once", GET, ("--fresh", "--connections", 16)),
    Case("rate-get", "GET, 500 requests/s, open loop", GET, ("--rate", 500, "--connections", 32)),
    Case("rate-post", "POST, 500 requests/s, open loop", POST, ("--rate", 500, "--connections", 32)),
    transfer("down", "100 MiB down", "/_bench/100m"),
    transfer("up", "100 MiB up", "/_bench/sink", "--method", "POST", "--content-size", 100 * MIB,
             "--field", "Content-Type: application/octet-stream"),
]


class Load:
    """Runs the load generator on its core."""

    def __init__(self, program, pids):
        self.program, self.pids = program, pids

    def command(self, target, request, *options):
        path, fields = request
        return [str(word) for word in (self.program, *target.load_options(), *fields, *options, target.url + path)]

    def run(self, target, case, seconds, warmup=None):
        """One measurement, with `noise`: the share of the machine that others took meanwhile."""
        window = ("--seconds", seconds, "--warmup", warmup or seconds / 6) if case.timed else ()
        noise = machine.Noise(self.pids())
        process = machine.start(self.command(target, case.request, *case.options, *window), machine.LOAD_CORE,
                                stdout=subprocess.PIPE, text=True)
        try:
            output, _ = process.communicate(timeout=60)
        finally:
            machine.stop(process)
        if process.returncode:
            raise RuntimeError(f"the load generator ended with {process.returncode}")
        return json.loads(output) | {"noise": noise.share()}

    def verified(self, target, ca, request):
        """One request whose server certificate is verified; raises unless it is answered with 2xx."""
        command = self.command(target, request, "--requests", 1, "--seconds", 10, "--ca", ca)
        result = json.loads(subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout)
        if result["requests"] != 1 or result["errors"]:
            raise RuntimeError(f"{request[0]}: {result}")

    def memory(self, target, count):
        """Memory idle, and with `count` tunnels that had one request each and are idle now."""
        idle = target.memory()
        process = machine.start(self.command(target, GET, "--hold", "--connections", count), machine.LOAD_CORE,
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            result = json.loads(process.stdout.readline())
            time.sleep(2)
            return {"idle": idle, "held": result["held"], "tunnels": target.memory(), "first_error": result["first_error"]}
        finally:
            process.stdin.close()
            machine.stop(process)
