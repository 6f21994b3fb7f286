"""A tiny intercepting proxy for the real-client tests.

usage: proxy.py FOLDER: makes a CA and a leaf in FOLDER, prints the port that wants a login and the one that wants
none, ends when its standard input does.
Every request is answered with JSON that tells how it came. Hosts: refused.test is refused with a reason and a
message, dropped.test is closed without an answer, silent.test never gets one. Paths: /cut ends in its middle, /sse
sends an event, and one more for each request for /next.
"""

import base64
import json
import os
import socketserver
import ssl
import subprocess
import sys
import threading
import time

HOSTS = ["api.vendor.test", "other.vendor.test", "api.stripe.com", "localhost"]
LOGIN = "Basic " + base64.b64encode(b"run-1:run_secret_0123456789abcdef").decode()
REFUSAL = b'{"code":"host_not_allowed","message":"refused.test is not listed in egress.tunnel"}'


def make_certificates(folder):
    def openssl(*words):
        subprocess.run(("openssl",) + words, cwd=folder, check=True, capture_output=True)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    with open(os.path.join(folder, "leaf.ext"), "w") as file:
        names = ",".join("DNS:" + host for host in HOSTS)
        file.write("subjectAltName=%s\nauthorityKeyIdentifier=keyid\nextendedKeyUsage=serverAuth\n" % names)
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=Test CA",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    openssl("req", *key, "-keyout", "leaf.key", "-out", "leaf.csr", "-subj", "/CN=leaf")
    openssl("x509", "-req", "-in", "leaf.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-days", "2", "-extfile", "leaf.ext", "-out", "leaf.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(folder, "leaf.pem"), os.path.join(folder, "leaf.key"))
    context.set_alpn_protocols(["http/1.1"])
    return context


class Connection(socketserver.StreamRequestHandler):
    count = 0
    counting = threading.Lock()
    next_event = threading.Semaphore(0)

    def handle(self):
        with Connection.counting:
            Connection.count += 1
            self.number = Connection.count
        try:
            self.serve("direct", "")
        except (OSError, ssl.SSLError, ValueError):
            pass

    def is_welcome(self, fields):
        return not self.server.wants_login or fields.get("proxy-authorization") == LOGIN

    def serve(self, way, authority):
        while True:
            head = self.read_head()
            if head is None:
                return
            method, target, fields = head
            if method == "CONNECT":
                return self.connect(target, fields)
            if "://" in target:
                if not self.is_welcome(fields):
                    return self.answer(407, {"problem": "no login"}, "text/plain")
                rest = target.split("://", 1)[1]
                self.reply("absolute", rest[:rest.index("/")], method, rest[rest.index("/"):], fields)
            else:
                self.reply(way, authority, method, target, fields)
            if fields.get("connection", "").lower() == "close":
                return

    def read_head(self):
        line = self.rfile.readline().decode("latin-1").strip()
        if not line:
            return None
        method, target, _ = line.split(" ", 2)
        fields = {}
        while True:
            field = self.rfile.readline().decode("latin-1").strip()
            if not field:
                return method, target, fields
            name, value = field.split(":", 1)
            fields[name.lower()] = value.strip()

    def connect(self, target, fields):
        host = target.split(":")[0]
        if host == "silent.test":
            self.rfile.read()
            return
        if host == "dropped.test":
            return
        if not self.is_welcome(fields):
            self.wfile.write(b"HTTP/1.1 407 Proxy Authentication Required\r\n"
                             b"Proxy-Authenticate: Basic realm=\"cofferdam\"\r\n"
                             b"Connection: close\r\nContent-Length: 0\r\n\r\n")
            return
        if host == "refused.test":
            # In two pieces, as a busy proxy may.
            self.wfile.write(b"HTTP/1.1 403 host_not_allowed\r\nContent-Length: %d\r\n\r\n" % len(REFUSAL))
            time.sleep(0.02)
            self.wfile.write(REFUSAL)
            self.rfile.read()
            return
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        secure = self.server.context.wrap_socket(self.request, server_side=True)
        self.rfile, self.wfile = secure.makefile("rb"), secure.makefile("wb", buffering=0)
        try:
            self.serve("connect", target)
        finally:
            secure.close()

    def reply(self, way, authority, method, path, fields):
        if fields.get("expect") == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        content = self.read_content(fields)
        if path.startswith("/sse"):
            return self.stream()
        if path.startswith("/next"):
            Connection.next_event.release()
        if path.startswith("/cut"):
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
            raise OSError
        if path.startswith("/slow"):
            self.rfile.read(1)
            return
        self.answer(200, {
            "way": way, "authority": authority, "method": method, "path": path, "connection": self.number,
            "host": fields.get("host"), "authorization": fields.get("authorization"),
            "leaked": way != "absolute" and "proxy-authorization" in fields, "size": len(content),
            "object": "customer", "id": "cus_1",
        }, "application/json")

    def read_content(self, fields):
        if fields.get("transfer-encoding") == "chunked":
            content = b""
            while True:
                size = int(self.rfile.readline(), 16)
                content += self.rfile.read(size)
                self.rfile.readline()
                if size == 0:
                    return content
        return self.rfile.read(int(fields.get("content-length", "0")))

    def answer(self, status, value, kind):
        body = json.dumps(value).encode()
        self.wfile.write(b"HTTP/1.1 %d X\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s"
                         % (status, kind.encode(), len(body), body))

    def stream(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number in range(3):
            event = b"data: %d\n\n" % number
            self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
            if not Connection.next_event.acquire(timeout=60):
                return
        self.wfile.write(b"0\r\n\r\n")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def start(context, wants_login):
    server = Server(("127.0.0.1", 0), Connection)
    server.context, server.wants_login = context, wants_login
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


if __name__ == "__main__":
    certificates = make_certificates(sys.argv[1])
    print(start(certificates, True), start(certificates, False), flush=True)
    sys.stdin.read()
