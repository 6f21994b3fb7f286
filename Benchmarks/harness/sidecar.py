"""The sidecar under test, with policy, audit and ledger on, and one run registered with it."""
import json
import os
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from . import machine
from .origin import CREDENTIAL, HOST, Origin

URL = f"https://{HOST}"
RUN = "bench-1"
PAYMENT_USD = 5
PLACEHOLDER = "sk_test_cofferdam"      # what an agent's SDK holds instead of the credential

CONFIGURATION = """
listen:
  proxy: 127.0.0.1:%(proxy)d
  admin: 127.0.0.1:%(admin)d
state_dir: %(state)s
vendors:
  stripe:
    credential: { env: BENCH_STRIPE_KEY }
    connect_to: 127.0.0.1:%(origin)d
    ca_file: %(ca)s
    allow_addresses: ["127.0.0.1:%(origin)d"]
    operations:
      bench.download: { endpoint: GET /_bench/100m, price: free }
      bench.upload: { endpoint: POST /_bench/sink, price: free }
policies:
  - name: bench
    runs: bench-*
    vendor: stripe
    allowed_endpoints: ["GET /v1/balance", payment_intents.create, bench.download, bench.upload]
    daily_usd_cap: 1000000000
    expires_in: 1h
    label: "{run}"
virtual_hosts: { api: api.keybrake.com, proxy: proxy.keybrake.com }
"""


class Sidecar:
    title, url = "Cofferdam", URL

    def __init__(self, binary: Path, folder: Path, origin: Origin):
        self.port, self.admin = machine.free_port(), machine.free_port()
        self.state = folder / "state"
        self.state.mkdir(mode=0o700, exist_ok=True)
        (folder / "proxy.conf").write_text(CONFIGURATION % {
            "proxy": self.port, "admin": self.admin, "state": self.state, "origin": origin.port, "ca": origin.ca})
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "BENCH_STRIPE_KEY": CREDENTIAL}
        self.log = folder / "cofferdam.log"
        log = open(self.log, "w")
        self.process = self.start([binary, "serve", "--config", folder / "proxy.conf"],
                                  env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def start(self, command, **options):
        return machine.start(command, machine.PROXY_CORE, **options)

    def wait(self, seconds=30):
        """Waits until the sidecar is ready."""
        try:
            machine.wait_until(lambda: self.call("GET", "/readyz") is not None, self.process, "cofferdam serve", seconds)
        except RuntimeError as error:
            raise RuntimeError(f"{error}\n{self.log.read_text()[-2000:]}") from None

    def register(self):
        """Waits until the sidecar is ready, and registers the run."""
        self.wait()
        self.token = (self.state / "token").read_text().strip()
        registered = self.call("POST", "/v1/runs", {"id": RUN})
        self.credential = f"{RUN}:{registered['secret']}"

    def call(self, method, path, content=None, seconds=5):
        """The control API's answer; None while nothing listens or it is not ready."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.admin}{path}", method=method)
        if hasattr(self, "token"):
            request.add_header("Authorization", "Bearer " + self.token)
        if content is not None:
            request.add_header("Content-Type", "application/json")
            request.data = json.dumps(content).encode()
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=seconds) as answer:
                text = answer.read()
                return json.loads(text) if answer.headers.get_content_type() == "application/json" else text
        except urllib.error.HTTPError as error:
            if error.code == 503 and path == "/readyz":
                return None
            raise RuntimeError(f"{method} {path}: {error.code} {error.read()[:500]!r}") from None
        except urllib.error.URLError:
            return None

    def load_options(self):
        return ["--proxy", f"127.0.0.1:{self.port}", "--credential", self.credential,
                "--field", "Authorization: Bearer " + PLACEHOLDER, "--watch", str(self.process.pid)]

    def ca(self):
        return self.state / "ca.pem"

    def pids(self):
        return [self.process.pid]

    def memory(self):
        return machine.memory(self.process.pid)

    def check_books(self, runs):
        """Raises unless the ledger holds at least the payments that the load generator counted."""
        counted = sum(r["requests"] for (case, target), results in runs.items() for r in results
                      if case.split("-")[-1].startswith("post") and target == "sidecar")
        account = self.call("GET", f"/v1/runs/{RUN}")["policies"][0]
        booked = float(account["spent_usd"]) / PAYMENT_USD
        if booked < counted:
            raise RuntimeError(f"{counted} payments were made, {booked:.0f} are in the ledger: {account}")

    def stop(self):
        machine.stop(self.process)


class Direct:
    """The same load without the sidecar: the real credential, straight to the origin."""
    title, url = "direct", URL

    def __init__(self, origin: Origin):
        self.pids = origin.pids
        self.options = ["--to", f"127.0.0.1:{origin.port}", "--field", "Authorization: Bearer " + CREDENTIAL]

    def load_options(self):
        return self.options
