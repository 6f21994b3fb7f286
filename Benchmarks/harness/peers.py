"""Other proxies under the same load: each decrypts, sets the credential, encrypts anew, and no more; without logs or caches.

Those that intercept are reached by CONNECT, as the sidecar is, and mint from the origin's CA (P-256; mitmproxy's own would be
RSA, and dearer). The others are reverse proxies for the one name, with its certificate: what TLS and HTTP take at least."""
import os
import re
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from . import machine
from .origin import CREDENTIAL, HOST, Origin
from .sidecar import PLACEHOLDER, URL

VENV = Path(__file__).resolve().parents[2] / ".build/peers/bin"      # scripts/deps makes it
CERTGEN = "/usr/lib/squid/security_file_certgen"


class Peer:
    """A subclass says how it is called and configured; `%(…)s` in its texts and words is replaced by a value of `values`."""
    intercepts = True
    version = "--version"
    files = {}

    def __init__(self, folder: Path, origin: Origin):
        self.folder, self.port = folder / self.name, machine.free_port()
        self.url = f"https://localhost:{origin.port}" if self.intercepts else URL
        values = self.values(origin)
        self.folder.mkdir(mode=0o700)
        for name, text in self.files.items():
            (self.folder / name).write_text(text % values)
        self.prepare()
        self.log = self.folder / "output"
        # In a session of its own: Ctrl-C is for the benchmark, which then ends the peer and whatever it has started.
        with open(self.log, "w") as log:
            self.process = machine.start([word % values for word in self.command], machine.PROXY_CORE, cwd=self.folder,
                                         env={"PATH": os.environ["PATH"], "HOME": str(self.folder), "PYTHONPATH": str(self.folder)},
                                         stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)

    def values(self, origin):
        def pem(key, certificate):
            return (origin.folder / key).read_text() + (origin.folder / certificate).read_text()
        return {"folder": self.folder, "port": self.port, "origin": origin.port, "host": HOST, "credential": CREDENTIAL,
                "ca": origin.ca, "ca_key": origin.folder / "ca.key", "certificate": origin.folder / "origin.crt",
                "key": origin.folder / "origin.key", "ca_pem": pem("ca.key", origin.ca.name),
                "pem": pem("origin.key", "origin.crt")}

    def prepare(self):
        """What is needed besides the files."""

    @classmethod
    def installed(cls):
        return shutil.which(cls.command[0]) is not None

    @classmethod
    def description(cls):
        done = subprocess.run([cls.command[0], cls.version], capture_output=True, text=True)
        number = re.search(r"\d+(\.\d+)+", done.stdout + done.stderr)
        return f"{cls.title} {number[0] if number else 'of unknown version'}"

    def wait(self):
        try:
            machine.wait_until(lambda: machine.listens(self.port), self.process, self.title)
        except RuntimeError as error:
            raise RuntimeError(f"{error}\n{self.log.read_text()[-2000:]}") from None

    def load_options(self):
        reach = "--proxy" if self.intercepts else "--to"
        watch = [word for pid in self.pids() for word in ("--watch", pid)]
        return [reach, f"127.0.0.1:{self.port}", "--field", "Authorization: Bearer " + PLACEHOLDER, *watch]

    def pids(self):
        return machine.tree(self.process.pid)

    def memory(self):
        figures = [machine.memory(pid) for pid in self.pids()]
        return sum(mib for mib, _ in figures), figures[0][1]

    def stop(self):
        machine.stop(self.process)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)


class Squid(Peer):
    name, title, version = "squid", "Squid", "-v"
    command = ["squid", "-N", "-f", "%(folder)s/squid.conf"]
    # Without server_pconn_for_nonretriable each POST would open a connection to the origin.
    files = {"ca.pem": "%(ca_pem)s", "origin-ca.crt": "%(origin_ca)s", "hosts": "127.0.0.1 localhost\n", "squid.conf": f"""
http_port 127.0.0.1:%(port)d ssl-bump tls-cert=%(folder)s/ca.pem generate-host-certificates=on dynamic_cert_mem_cache_size=16MB
sslcrtd_program {CERTGEN} -s %(folder)s/minted -M 16MB
sslcrtd_children 2 startup=1 idle=1
ssl_bump bump all
tls_outgoing_options cafile=%(folder)s/origin-ca.crt min-version=1.2
request_header_access Authorization deny all
request_header_add Authorization "Bearer %(credential)s" all
http_access allow all
hosts_file %(folder)s/hosts
cache deny all
cache_mem 8 MB
access_log none
cache_log %(folder)s/cache.log
cache_store_log none
pid_filename %(folder)s/squid.pid
coredump_dir %(folder)s
via off
forwarded_for delete
client_persistent_connections on
server_persistent_connections on
server_pconn_for_nonretriable allow all
max_filedescriptors 16384
shutdown_lifetime 0 seconds
visible_hostname localhost
pinger_enable off
"""}

    def values(self, origin):
        return super().values(origin) | {"origin_ca": origin.ca.read_text()}

    @classmethod
    def installed(cls):
        return super().installed() and Path(CERTGEN).exists()       # the package `squid` has no ssl-bump

    def prepare(self):
        subprocess.run([CERTGEN, "-c", "-s", self.folder / "minted", "-M", "16MB"], check=True, capture_output=True)
        if os.geteuid() == 0:               # then it works as this user, who must get here
            self.folder.parent.chmod(0o711)
            for path in (self.folder, *self.folder.rglob("*")):
                shutil.chown(path, "proxy")


class Mitmproxy(Peer):
    name, title = "mitmproxy", "mitmproxy"
    command = [str(VENV / "mitmdump"), "--quiet", "--scripts", "%(folder)s/inject.py", "--listen-host", "127.0.0.1",
               "--listen-port", "%(port)d", "--set", "confdir=%(folder)s", "--set", "ssl_verify_upstream_trusted_ca=%(ca)s",
               "--set", "connection_strategy=lazy", "--set", "upstream_cert=false", "--set", "flow_detail=0",
               "--set", "http2=false"]
    files = {"mitmproxy-ca.pem": "%(ca_pem)s", "inject.py": """
def requestheaders(flow):
    flow.request.headers["authorization"] = "Bearer %(credential)s"
    flow.request.stream = True

def responseheaders(flow):
    flow.response.stream = True
"""}


class ProxyPy(Peer):
    name, title = "proxy.py", "proxy.py"
    command = [str(VENV / "proxy"), "--hostname", "127.0.0.1", "--port", "%(port)d", "--num-acceptors", "1", "--num-workers", "1",
               "--ca-key-file", "%(ca_key)s", "--ca-cert-file", "%(ca)s", "--ca-signing-key-file", "%(key)s",
               "--ca-cert-dir", "%(folder)s/minted", "--ca-file", "%(ca)s", "--plugins", "inject.Inject", "--log-level", "ERROR",
               "--data-dir", "%(folder)s/data", "--timeout", "600"]
    files = {"inject.py": """
from proxy.http.proxy import HttpProxyBasePlugin

class Inject(HttpProxyBasePlugin):
    def handle_client_request(self, request):
        request.del_header(b"authorization")
        request.add_header(b"Authorization", b"Bearer %(credential)s")
        return request
"""}


class HAProxy(Peer):
    name, title, version, intercepts = "haproxy", "HAProxy", "-v", False
    command = ["haproxy", "-db", "-q", "-f", "%(folder)s/haproxy.cfg"]
    files = {"origin.pem": "%(pem)s", "haproxy.cfg": """
global
  nbthread 1
  maxconn 8000
  ssl-server-verify required
  ssl-default-bind-options ssl-min-ver TLSv1.2
defaults
  mode http
  timeout client 600s
  timeout server 600s
  timeout connect 5s
  option http-keep-alive
  http-reuse always
frontend client
  bind 127.0.0.1:%(port)d ssl crt %(folder)s/origin.pem
  http-request set-header Authorization "Bearer %(credential)s"
  default_backend origin
backend origin
  server origin 127.0.0.1:%(origin)d ssl ca-file %(ca)s sni str(%(host)s) verifyhost %(host)s pool-max-conn -1
"""}


class Nginx(Peer):
    name, title, version, intercepts = "nginx", "nginx", "-v", False
    command = ["nginx", "-c", "%(folder)s/nginx.conf", "-p", "%(folder)s"]
    files = {"nginx.conf": """
%(user)s
daemon off; worker_processes 1; pid %(folder)s/nginx.pid; error_log %(folder)s/error.log; worker_rlimit_nofile 16384;
events { worker_connections 8000; }
http {
  access_log off; client_max_body_size 0; keepalive_timeout 600s; keepalive_requests 100000000; tcp_nodelay on;
  client_body_temp_path %(folder)s/t1; proxy_temp_path %(folder)s/t2; fastcgi_temp_path %(folder)s/t3;
  uwsgi_temp_path %(folder)s/t4; scgi_temp_path %(folder)s/t5;
  ssl_certificate %(certificate)s; ssl_certificate_key %(key)s; ssl_protocols TLSv1.2 TLSv1.3;
  upstream origin {
    server 127.0.0.1:%(origin)d; keepalive 256; keepalive_requests 100000000; keepalive_timeout 600s;
  }
  server {
    listen 127.0.0.1:%(port)d ssl backlog=4096;
    location / {
      proxy_pass https://origin; proxy_http_version 1.1; proxy_buffering off; proxy_request_buffering off;
      proxy_set_header Connection ""; proxy_set_header Host $http_host;
      proxy_set_header Authorization "Bearer %(credential)s";
      proxy_ssl_server_name on; proxy_ssl_name %(host)s; proxy_ssl_protocols TLSv1.2 TLSv1.3;
      proxy_ssl_verify on; proxy_ssl_trusted_certificate %(ca)s;
    }
  }
}
"""}

    def values(self, origin):
        return super().values(origin) | {"user": "user root;" if os.geteuid() == 0 else ""}


class Caddy(Peer):
    name, title, version, intercepts = "caddy", "Caddy", "version", False
    command = ["caddy", "run", "--config", "%(folder)s/Caddyfile", "--adapter", "caddyfile"]
    files = {"Caddyfile": """{
	admin off
	auto_https off
	log {
		level ERROR
	}
	servers {
		protocols h1
	}
}
https://%(host)s:%(port)d {
	bind 127.0.0.1
	tls %(certificate)s %(key)s
	reverse_proxy https://127.0.0.1:%(origin)d {
		header_up Authorization "Bearer %(credential)s"
		flush_interval -1
		transport http {
			tls_trusted_ca_certs %(ca)s
			tls_server_name %(host)s
			versions 1.1
			keepalive 600s
			keepalive_idle_conns 2048
			keepalive_idle_conns_per_host 2048
		}
	}
}
"""}


PEERS = {peer.name: peer for peer in (Squid, Mitmproxy, ProxyPy, HAProxy, Nginx, Caddy)}
