"""A recording origin that misbehaves on demand: the request's path says how.

    python3 origin.py CERTIFICATE.pem [plain]

Every event is one JSON line on standard output; the first one names the port.
"""

import json
import socket
import ssl
import struct
import sys
import threading

printing = threading.Lock()
numbers = iter(range(1, 1_000_000))


def tell(event, **values):
    with printing:
        print(json.dumps({"event": event, **values}), flush=True)


class Request:
    def __init__(self, head):
        self.head = head
        line = head.split(b"\r\n", 1)[0].split(b" ")
        self.method, self.target = line[0].decode(), line[1].decode("latin1")
        self.fields = {}
        for field in head.split(b"\r\n")[1:]:
            name, _, value = field.partition(b":")
            self.fields[name.strip().lower().decode("latin1")] = value.strip().decode("latin1")
        self.content = b""

    def query(self, default):
        return int(self.target.split("?", 1)[1]) if "?" in self.target else default


class Connection:
    def __init__(self, stream, raw):
        self.stream, self.raw, self.number, self.served = stream, raw, next(numbers), 0
        self.buffer = b""

    def more(self):
        data = self.stream.recv(65536)
        self.buffer += data
        return bool(data)

    def read_head(self):
        while b"\r\n\r\n" not in self.buffer:
            if not self.more():
                return None
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        return Request(head)

    def take(self, count):
        while len(self.buffer) < count:
            if not self.more():
                raise EOFError
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def line(self):
        while b"\r\n" not in self.buffer:
            if not self.more():
                raise EOFError
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    def read_content(self, request):
        if request.fields.get("transfer-encoding") == "chunked":
            while True:
                size = int(self.line(), 16)
                request.content += self.take(size)
                self.take(2)
                if size == 0:
                    return
        request.content = self.take(int(request.fields.get("content-length", "0")))

    def send(self, data):
        self.stream.sendall(data)

    def answer(self, status="200 OK", content=b"hello", fields=()):
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(content)}", f"X-Connection: {self.number}", *fields]
        self.send("\r\n".join(lines).encode("latin1") + b"\r\n\r\n" + content)

    def reset(self):
        self.raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.raw.close()

    def wait(self):
        """Until the client goes."""
        while self.more():
            self.buffer = b""

    def serve(self):
        tell("connection", number=self.number)
        try:
            while True:
                request = self.read_head()
                if request is None:
                    break
                self.served += 1
                name = request.target.split("?")[0].strip("/").replace("-", "_") or "plain"
                early = name in EARLY
                if not early:
                    self.read_content(request)
                tell("request", connection=self.number, method=request.method, target=request.target,
                     head=request.head.decode("latin1"), size=len(request.content),
                     content=request.content[:4096].decode("latin1"))
                if BEHAVIOURS[name](self, request) is False:
                    break
        except (EOFError, OSError, ssl.SSLError) as error:
            tell("error", connection=self.number, error=repr(error))
        tell("closed", connection=self.number)


def close_cleanly(connection):
    # Says good-bye and does not wait for the other's.
    connection.stream.setblocking(False)
    try:
        connection.stream.unwrap()
    except (OSError, ssl.SSLError):
        pass
    return False


def raw(data, keep=False):
    def behave(connection, _):
        connection.send(data)
        return None if keep else False
    return behave


def echo(connection, request):
    connection.answer(content=request.head + b"\r\n\r\n" + request.content)


def chunked(connection, request):
    connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for piece in (b"one,", b"two,", b"three"):
        connection.send(b"%x\r\n%s\r\n" % (len(piece), piece))
    connection.send(b"0\r\n\r\n")


def trailers(connection, request):
    connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
                    b"5\r\nhello\r\n0\r\nX-Sum: 42  \r\n\r\n")


def interim(connection, request):
    connection.send(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
    connection.answer()


def until_close(connection, request):
    connection.send(b"HTTP/1.1 200 OK\r\n\r\nuntil the end")
    return close_cleanly(connection)


def until_cut(connection, request):
    connection.send(b"HTTP/1.1 200 OK\r\n\r\nuntil the cut")
    connection.raw.shutdown(socket.SHUT_RDWR)
    return False


def reset(connection, request):
    connection.reset()
    return False


def warm_close(connection, request):
    if connection.served > 1:
        return False
    connection.answer()


def early_413(connection, request):
    connection.answer("413 Content Too Large", b"too much", ["Connection: close"])
    connection.wait()
    return False


def early(data, good=True):
    """Answers 413 before the content came, and goes: properly, or not."""
    def behave(connection, _):
        connection.send(b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\n" + data)
        if good:
            return close_cleanly(connection)
        connection.raw.shutdown(socket.SHUT_RDWR)
        return False
    return behave


def early_kept(connection, request):
    connection.answer("413 Content Too Large", b"too much")
    connection.wait()
    return False


def early_200(connection, request):
    connection.answer(content=b"early")
    connection.read_content(request)
    tell("mark", name="uploaded", size=len(request.content))


def big(connection, request):
    size, sent = request.query(1 << 20), 0
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
    piece = b"x" * 16384
    while sent < size:
        part = piece[:size - sent]
        connection.send(part)
        sent += len(part)
    tell("mark", name="big sent", size=sent)


def unread_upload(connection, request):
    tell("mark", name="upload begins")
    connection.gate.wait()
    connection.read_content(request)
    connection.answer(content=str(len(request.content)).encode())


def silent(connection, request):
    connection.wait()
    return False


def stall(connection, request):
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf-")
    connection.wait()
    return False


def stalled_upload(connection, request):
    # Never reads.
    threading.Event().wait(30)
    return False


def double(connection, request):
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
                    b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")


def double_late(connection, request):
    connection.answer()
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
    tell("mark", name="evil sent")


def double_empty(connection, request):
    connection.send(b"HTTP/1.1 204 No Content\r\n\r\n")
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
    tell("mark", name="evil sent")


def close_after(connection, request):
    connection.answer()
    return close_cleanly(connection)


def bare(connection, request):
    connection.send(b"HTTP/1.1 %d Fine\r\nX-Connection: %d\r\n\r\n" % (request.query(204), connection.number))


HEAD = b"HTTP/1.1 200 OK\r\n"
EARLY = {"early_413", "early_200", "early_chunked", "early_cut", "early_cut_chunked", "early_kept", "unread_upload", "stalled_upload"}
BEHAVIOURS = {
    "plain": lambda connection, request: connection.answer(),
    "echo": echo, "chunked": chunked, "trailers": trailers, "interim": interim, "bare": bare,
    "until_close": until_close, "until_cut": until_cut, "reset": reset, "warm_close": warm_close,
    "early_413": early_413, "early_kept": early_kept,
    "early_chunked": early(b"Transfer-Encoding: chunked\r\n\r\n8\r\ntoo much\r\n0\r\n\r\n"),
    "early_cut": early(b"Content-Length: 8\r\n\r\ntoo "),
    "early_cut_chunked": early(b"Transfer-Encoding: chunked\r\n\r\n8\r\ntoo much\r\n", good=False),
    "early_200": early_200, "big": big, "silent": silent, "stall": stall,
    "unread_upload": unread_upload, "stalled_upload": stalled_upload,
    "double": double, "double_late": double_late, "double_empty": double_empty, "close_after": close_after,
    "hang_up": lambda connection, request: False,
    "length": lambda connection, request: connection.answer(content=str(len(request.content)).encode()),
    "redirect": lambda connection, request: connection.answer("302 Found", b"", ["Location: https://vendor.test/plain"]),
    "cut_fixed": raw(HEAD + b"Content-Length: 10\r\n\r\nhalf-"),
    "cut_chunked": raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
    "cut_chunk": raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\nff\r\nhello"),
    "cut_head": raw(HEAD + b"Content-Le"),
    "bad_chunk": raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n"),
    "overrun": raw(HEAD + b"Content-Length: 5\r\n\r\nhello and more", keep=True),
    "garbage": raw(b"\x16\x03\x01 this is not HTTP\r\n\r\n"),
    "http09": raw(b"just a text\n"),
    "http2_status": raw(b"HTTP/2 200\r\nContent-Length: 5\r\n\r\nhello"),
    "bad_status": raw(b"HTTP/1.1 20 OK\r\nContent-Length: 5\r\n\r\nhello"),
    "long_status": raw(b"HTTP/1.1 2000 OK\r\nContent-Length: 5\r\n\r\nhello"),
    "switch": raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: evil\r\nConnection: upgrade\r\n\r\nevil"),
    "fold": raw(HEAD + b"X-Long: one\r\n two\r\nContent-Length: 5\r\n\r\nhello"),
    "space_name": raw(HEAD + b"X-Name : one\r\nContent-Length: 5\r\n\r\nhello"),
    "no_name": raw(HEAD + b": one\r\nContent-Length: 5\r\n\r\nhello"),
    "control": raw(HEAD + b"X-Name: a\x01b\r\nContent-Length: 5\r\n\r\nhello"),
    "bare_return": raw(HEAD + b"X-Name: a\rb\r\nContent-Length: 5\r\n\r\nhello"),
    "nul": raw(HEAD + b"X-Name: a\x00b\r\nContent-Length: 5\r\n\r\nhello"),
    "two_lengths": raw(HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"),
    "length_list": raw(HEAD + b"Content-Length: 5, 6\r\n\r\nhello!"),
    "signed_length": raw(HEAD + b"Content-Length: +5\r\n\r\nhello"),
    "same_lengths": raw(HEAD + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"),
    "both": raw(HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
    "gzip_encoding": raw(HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
    "old_chunked": raw(b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
    "big_head": raw(HEAD + b"X-Fill: %b\r\n" % (b"a" * 4000) * 20 + b"\r\n\r\nhello"),
    "big_trailers": raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"X-Fill: %b\r\n" % (b"a" * 4000) * 20 + b"\r\n"),
    "long_line": raw(HEAD + b"X-Fill: %b\r\n\r\nhello" % (b"a" * 90_000)),
    "flood": raw(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 40 + HEAD + b"Content-Length: 5\r\n\r\nhello"),
    "encoded": raw(HEAD + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello"),
    "cookie": raw(HEAD + b"Set-Cookie: a=b; Path=/\r\nContent-Length: 5\r\n\r\nhello", keep=True),
}


def handle(raw_socket, context):
    raw_socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        stream = context.wrap_socket(raw_socket, server_side=True) if context else raw_socket
    except (OSError, ssl.SSLError) as error:
        tell("handshake", error=repr(error))
        raw_socket.close()
        return
    connection = Connection(stream, raw_socket if not context else stream)
    connection.gate = gate
    connection.serve()
    try:
        stream.close()
    except OSError:
        pass


gate = threading.Event()


def read_commands():
    """`open` on standard input opens the gate, `sync N` is told back; its end ends the program."""
    for line in sys.stdin:
        if line.strip() == "open":
            gate.set()
        elif line.startswith("sync "):
            tell("sync", name=line.split()[1])


def main():
    context = None
    if "plain" not in sys.argv:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1])
        context.suppress_ragged_eofs = False
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    tell("listening", port=listener.getsockname()[1])

    def accept():
        while True:
            accepted, _ = listener.accept()
            threading.Thread(target=handle, args=(accepted, context), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    read_commands()


main()
