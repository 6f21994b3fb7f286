"""An HTTP proxy that knows CONNECT only and records what it was asked.

    python3 proxy.py [refuse]
"""

import json
import socket
import sys
import threading


def tell(event, **values):
    print(json.dumps({"event": event, **values}), flush=True)


def copy(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def serve(client):
    head = b""
    while b"\r\n\r\n" not in head:
        data = client.recv(65536)
        if not data:
            return
        head += data
    tell("request", head=head.decode("latin1"))
    if "refuse" in sys.argv:
        client.sendall(b"HTTP/1.1 403 Forbidden\r\nX-Proxy: no\r\nContent-Length: 0\r\n\r\n")
        return
    host, port = head.split(b" ")[1].decode().rsplit(":", 1)
    server = socket.create_connection((host, int(port)))
    client.sendall(b"HTTP/1.1 200 Connection established\r\nX-Proxy: yes\r\n\r\n")
    threading.Thread(target=copy, args=(client, server), daemon=True).start()
    copy(server, client)


def main():
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    tell("listening", port=listener.getsockname()[1])

    def accept():
        while True:
            client, _ = listener.accept()
            threading.Thread(target=serve, args=(client,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    for line in sys.stdin:  # `sync N` is told back
        if line.startswith("sync "):
            tell("sync", name=line.split()[1])


main()
