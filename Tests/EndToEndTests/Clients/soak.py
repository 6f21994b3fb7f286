"""A hostile and busy day, in short, from eight at once, for some seconds: soak.py PROXY_PORT SECONDS.

Each connection does one of: charges kept alive at the gateway, a tunnel with its own handshake, what is refused, bytes
that are no request, hanging up before and within an answer, and a stream that is left halfway.
"""
import os
import random
import socket
import ssl
import sys
import threading
import time
from base64 import b64encode
from collections import Counter

from common import tell

PORT, SECONDS = int(sys.argv[1]), float(sys.argv[2])
SECRET, RUN = os.environ["RUN_SECRET"], os.environ["RUN_ID"]
LOGIN = b64encode(f"{RUN}:{SECRET}".encode()).decode()
WHO = f"Host: 127.0.0.1:{PORT}\r\nAuthorization: Bearer {SECRET}\r\n"
TRUST = ssl.create_default_context(cafile=os.environ["CA_FILE"])


def dial():
    return socket.create_connection(("127.0.0.1", PORT), timeout=30)


def answer(stream):
    """The status of one answer of known length, which is read whole."""
    head = b""
    while b"\r\n\r\n" not in head:
        piece = stream.recv(65536)
        if not piece:
            return None
        head += piece
    head, _, rest = head.partition(b"\r\n\r\n")
    length = next((int(l.split(b":")[1]) for l in head.lower().split(b"\r\n") if l.startswith(b"content-length:")), 0)
    while len(rest) < length:
        piece = stream.recv(65536)
        if not piece:
            return None
        rest += piece
    return int(head.split()[1])


def post(path, form):
    return (f"POST /stripe{path} HTTP/1.1\r\n{WHO}Content-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(form)}\r\n\r\n{form}").encode()


def charges():
    with dial() as stream:
        for _ in range(20):
            stream.sendall(post("/v1/payment_intents", "amount=1&currency=usd"))
            yield answer(stream)


def tunnel():
    with dial() as stream:
        stream.sendall(f"CONNECT api.stripe.com:443 HTTP/1.1\r\nHost: api.stripe.com:443\r\n"
                       f"Proxy-Authorization: Basic {LOGIN}\r\n\r\n".encode())
        yield answer(stream)
        with TRUST.wrap_socket(stream, server_hostname="api.stripe.com") as inner:
            inner.sendall(b"GET /_test/bytes/300 HTTP/1.1\r\nHost: api.stripe.com\r\n\r\n")
            yield answer(inner)


def refused():
    with dial() as stream:
        stream.sendall(post("/v1/payouts", "amount=1&currency=usd"))
        yield answer(stream)


def noise():
    with dial() as stream:
        stream.sendall(random.randbytes(random.randrange(1, 4000)) + b"\r\n\r\n")
        stream.shutdown(socket.SHUT_WR)
        yield answer(stream) and 400


def leaves_before():
    with dial() as stream:
        stream.sendall(post("/v1/payment_intents", "amount=1&currency=usd")[:random.randrange(20, 200)])
    yield "left"


def leaves_within():
    with dial() as stream:
        stream.sendall(f"GET /stripe/_test/bytes/3000000 HTTP/1.1\r\n{WHO}\r\n".encode())
        stream.recv(1000)
    yield "left"


def leaves_stream():
    with dial() as stream:
        stream.sendall(f"GET /stripe/_test/sse?count=1000&interval=20 HTTP/1.1\r\n{WHO}\r\n".encode())
        for _ in range(3):
            stream.recv(1000)
    yield "left"


KINDS = [charges, tunnel, refused, noise, leaves_before, leaves_within, leaves_stream]
seen, lock, end = Counter(), threading.Lock(), time.monotonic() + SECONDS


def work():
    while time.monotonic() < end:
        kind = random.choice(KINDS)
        try:
            answers = [f"{kind.__name__} {one}" for one in kind()]
        except OSError as error:
            answers = [f"{kind.__name__} {type(error).__name__}"]
        with lock:
            seen.update(answers)


threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
tell("soak", **seen)
