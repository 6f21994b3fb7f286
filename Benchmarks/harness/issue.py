"""Issues and revokes keys, as a program of its own: `issue.py api|flood|requests SECONDS`, told by its environment.

`api` and `flood` speak HTTP/1.1 on plain sockets, so that the sidecar is measured and not a client library;
`requests` is that library, through HTTPS_PROXY at the virtual host. Prints JSON with times in microseconds."""
import json
import os
import socket
import sys
import threading
import time

ORDER = {"label": "bench-scale", "vendor": "stripe", "allowed_endpoints": ["POST /v1/payment_intents"], "daily_usd_cap": 5,
         "expires_in": "5m"}


class Connection:
    def __init__(self):
        self.socket = socket.create_connection(("127.0.0.1", int(os.environ["ADMIN_PORT"])), 30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.fields = f"Host: 127.0.0.1:{os.environ['ADMIN_PORT']}\r\nAuthorization: Bearer {os.environ['TOKEN']}"

    def call(self, method, path, content=b""):
        head = (f"{method} {path} HTTP/1.1\r\n{self.fields}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n")
        self.socket.sendall(head.encode() + content)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.receive()
        head, _, content = answer.partition(b"\r\n\r\n")
        fields = head.lower().split(b"\r\n")
        length = next(int(f.split(b":")[1]) for f in fields if f.startswith(b"content-length:"))
        while len(content) < length:
            content += self.receive()
        if not fields[0].split()[1].startswith(b"2"):
            raise RuntimeError(f"{method} {path}: {head!r} {content!r}")
        return json.loads(content)

    def receive(self):
        data = self.socket.recv(65536)
        if not data:
            raise RuntimeError("the sidecar closed the connection")
        return data


def issue(connection):
    return connection.call("POST", "/v1/keys", json.dumps(ORDER).encode())["id"]


def pairs(seconds, pair):
    """One pair after another; the first ones are not counted."""
    times = {"pair": [], "issue": [], "revoke": []}
    for _ in range(5):
        pair()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        start, between, finish = pair()
        for name, spent in (("pair", finish - start), ("issue", between - start), ("revoke", finish - between)):
            times[name].append(spent * 1e6)
    return {f"{name}_{share}": at(times[name], share) for name in times for share in ("p50", "p99")} | {"count": len(times["pair"])}


def at(times, share):
    return sorted(times)[min(len(times) - 1, int(len(times) * int(share[1:]) / 100))]


def api(seconds):
    connection = Connection()

    def pair():
        start = time.monotonic()
        key = issue(connection)
        between = time.monotonic()
        connection.call("DELETE", "/v1/keys/" + key)
        return start, between, time.monotonic()
    return pairs(seconds, pair)


def flood(seconds, connections=8):
    """Issues as fast as they are answered, on several connections."""
    end, times, failures = time.monotonic() + seconds, [], []

    def work():
        try:
            connection = Connection()
            while (start := time.monotonic()) < end:
                issue(connection)
                times.append((time.monotonic() - start) * 1e6)
        except (RuntimeError, OSError) as error:
            failures.append(str(error))
    threads = [threading.Thread(target=work) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(failures[0])
    return {"per_s": len(times) / seconds, "p50": at(times, "p50"), "p99": at(times, "p99")}


def through_requests(seconds, kept):
    """With a session that keeps its connection, or as `requests.post` does it: a tunnel and a handshake for each call."""
    import requests
    caller = requests.Session() if kept else requests
    fields = {"Authorization": "Bearer " + os.environ["TOKEN"]}
    url = "https://api.keybrake.com/v1/keys"

    def pair():
        start = time.monotonic()
        answer = caller.post(url, headers=fields, json=ORDER, timeout=20)
        answer.raise_for_status()
        between = time.monotonic()
        caller.delete(f"{url}/{answer.json()['id']}", headers=fields, timeout=20).raise_for_status()
        return start, between, time.monotonic()
    return pairs(seconds, pair)


if __name__ == "__main__":
    kind, seconds = sys.argv[1], float(sys.argv[2])
    print(json.dumps({"api": api, "flood": flood, "session": lambda s: through_requests(s, True),
                      "requests": lambda s: through_requests(s, False)}[kind](seconds)))
