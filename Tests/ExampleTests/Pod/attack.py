"""What a hostile worker can try in its pod: one line of JSON for each attempt, with what came of it."""
import errno
import http.client
import json
import os
import re
import socket
import urllib.parse

PROXY, ADMIN, OWN = 4700, 4701, 4710
# Its own: the run's, as every client here has it.
SECRET = urllib.parse.urlsplit(os.environ["HTTPS_PROXY"]).password


def tell(attempt, **found):
    print(json.dumps({"case": attempt, **found}), flush=True)


def ask(port, method, path, content=None, fields={}):
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        client.request(method, path, content and json.dumps(content), {"Content-Type": "application/json"} | fields)
        answer = client.getresponse()
        return answer.status, answer.read().decode()
    finally:
        client.close()


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def failure(action):
    try:
        action()
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error))
    return "worked"


def readable(*places):
    """Everything that can be read there."""
    for place in places:
        for folder, _, names in os.walk(place):
            for name in names:
                try:
                    with open(os.path.join(folder, name), "rb") as file:
                        yield file.name, file.read(1 << 20)
                except OSError:
                    pass


def look():
    """For secrets that are not its own: of vendors, of the start-up, of operators."""
    wanted = re.compile(
        rb"sk_test_r{8}|starter-secret|cofferdam_admin_\w|BEGIN (EC )?PRIVATE KEY|STARTER_SECRET=")
    texts = [(f"${name}", value.encode()) for name, value in os.environ.items()]
    texts += readable("/run", "/tmp", "/var/lib/cofferdam")
    for pid in filter(str.isdigit, os.listdir("/proc")):
        texts += [item for name in ("environ", "cmdline") for item in readable_file(f"/proc/{pid}/{name}")]
    tell("secrets", found=[name for name, text in texts if wanted.search(text)])
    tell("processes", count=len([name for name in os.listdir("/proc") if name.isdigit()]))


def readable_file(path):
    try:
        with open(path, "rb") as file:
            yield path, file.read()
    except OSError:
        pass


def leave():
    def sniff():
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(3))

    def stand_in():
        other = socket.socket()
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", ADMIN))
        other.listen()

    tell("world", failure=failure(lambda: socket.create_connection(("192.0.2.1", 443), 5)))
    tell("sniff", failure=failure(sniff))
    tell("stand-in", failure=failure(stand_in))
    tell("write", failure=failure(lambda: open("/run/agent/files/agent.sh", "a")))


def operate():
    """The control API, straight, through the proxy, and on its own listener, with what it has."""
    order = {"vendor": "stripe", "allowed_endpoints": ["/*"], "label": "mine"}
    for name, port, target in (
        ("straight", ADMIN, ""), ("gateway", PROXY, ""), ("proxied", PROXY, f"http://127.0.0.1:{ADMIN}"),
        ("own", OWN, f"http://127.0.0.1:{ADMIN}"),
    ):
        statuses = [
            ask(port, method, target + path, content, fields)[0]
            for fields in ({}, bearer(SECRET), bearer("None"))
            for method, path, content in (
                ("POST", "/v1/keys", order), ("POST", "/v1/runs", {"id": "worker-2"}), ("GET", "/v1/audit", None),
                ("GET", "/v1/runs", None), ("GET", "/metrics", None))
        ]
        tell(f"operate {name}", statuses=sorted(set(statuses)))
    tell("status", text=ask(ADMIN, "GET", "/status")[1])


def pose():
    """As another run, and past its own cap by its own listener."""
    name = {"X-Agent-Run-Id": "worker-2"}
    charge = urllib.parse.urlencode({"amount": 6000, "currency": "usd"})
    for port, fields in ((PROXY, bearer(SECRET) | name), (OWN, name), (OWN, {}), (OWN, bearer("vault_key_x"))):
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        client.request("POST", "/stripe/v1/payment_intents", charge, form | fields)
        answer = client.getresponse()
        tell(f"pose {port} {sorted(fields)}", status=answer.status, code=json.loads(answer.read())["code"])


look()
leave()
operate()
pose()
