"""The origin: nginx with TLS, which plays api.stripe.com on a port of 127.0.0.1."""
import os
import subprocess
from pathlib import Path

from . import machine

HOST = "api.stripe.com"
CREDENTIAL = "sk_test_benchmark0123456789abcdef"   # who does not send it gets 401
MIB = 1 << 20
ECHO_MODULE = "/usr/lib/nginx/modules/ngx_http_echo_module.so"

BALANCE = ('{"object":"balance","available":[{"amount":2217713,"currency":"usd","source_types":{"card":2217713}}],'
           '"connect_reserved":[{"amount":0,"currency":"usd"}],"livemode":false,"pending":[{"amount":7254790,'
           '"currency":"usd","source_types":{"card":7254790}}],"refund_and_dispute_prefunding":{"available":[]}}')

# `return` would answer before the content is read, which no vendor does; the echo module reads it first.
# Each payment has an ID of its own, as the ledger counts an object once.
CONFIGURATION = """
load_module %(module)s;
%(user)s
daemon off; worker_processes 1; pid %(folder)s/nginx.pid; error_log %(folder)s/nginx.err warn; worker_rlimit_nofile 16384;
events { worker_connections 8000; }
http {
  access_log off; default_type application/json; server_tokens off; tcp_nodelay on; sendfile on;
  keepalive_timeout 600s; keepalive_requests 100000000; client_max_body_size 200m;
  client_body_temp_path %(folder)s/t1; proxy_temp_path %(folder)s/t2; fastcgi_temp_path %(folder)s/t3;
  uwsgi_temp_path %(folder)s/t4; scgi_temp_path %(folder)s/t5;
  ssl_certificate %(folder)s/origin.crt; ssl_certificate_key %(folder)s/origin.key; ssl_protocols TLSv1.2 TLSv1.3;
  map $http_authorization $stranger { default 1; "Bearer %(credential)s" 0; }
  server {
    listen 127.0.0.1:%(port)d ssl backlog=4096; server_name %(host)s; root %(folder)s;
    if ($stranger) { return 401 '{"error":{"message":"not the credential"}}'; }
    location = /v1/balance { return 200 '%(balance)s'; }
    location = /v1/payment_intents {
      client_body_buffer_size 64k; echo_read_request_body;
      echo '{"id":"pi_$request_id","object":"payment_intent","amount":500,"currency":"usd"}';
    }
    location = /_bench/100m { default_type application/octet-stream; alias %(folder)s/100m; }
    location = /_bench/sink { client_body_buffer_size 128m; echo_read_request_body; echo '{"ok":true}'; }
  }
}
"""


def make_certificates(folder):
    """A CA (origin-ca.crt, ca.key) and a leaf for the origin's name (origin.crt, origin.key), both P-256."""
    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc")
    (folder / "leaf.ext").write_text(f"subjectAltName=DNS:{HOST},DNS:localhost\nbasicConstraints=CA:FALSE\n"
                                     "extendedKeyUsage=serverAuth\n")
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "origin-ca.crt", "-days", "7", "-subj", "/CN=Benchmark origin CA",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    openssl("req", *key, "-keyout", "origin.key", "-out", "origin.csr", "-subj", f"/CN={HOST}")
    openssl("x509", "-req", "-in", "origin.csr", "-CA", "origin-ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "7",
            "-extfile", "leaf.ext", "-out", "origin.crt")


class Origin:
    def __init__(self, folder: Path):
        self.folder, self.port = folder, machine.free_port()
        self.ca = folder / "origin-ca.crt"
        make_certificates(folder)
        (folder / "100m").write_bytes(os.urandom(MIB) * 100)
        (folder / "nginx.conf").write_text(CONFIGURATION % {
            "module": ECHO_MODULE, "folder": folder, "credential": CREDENTIAL, "port": self.port, "host": HOST,
            "balance": BALANCE, "user": "user root;" if os.geteuid() == 0 else ""})   # its worker must read our folder
        log = open(folder / "nginx.log", "w")
        self.process = machine.start(["nginx", "-c", folder / "nginx.conf", "-p", folder], machine.LOAD_CORE,
                                     stdout=log, stderr=log)
        try:
            machine.wait_until(lambda: machine.listens(self.port), self.process, "nginx")
        except BaseException:
            self.stop()
            raise

    def pids(self):
        return machine.tree(self.process.pid)

    def stop(self):
        machine.stop(self.process)
