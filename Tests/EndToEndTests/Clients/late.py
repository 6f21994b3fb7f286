"""Is refused before it has sent its content, sends it all the same, and charges on the same connection."""
import http.client
import json
import os
import ssl
from base64 import b64encode
from urllib.parse import urlsplit

from common import FIELDS, tell

proxy = urlsplit(os.environ["HTTPS_PROXY"])
login = b64encode(f"{proxy.username}:{proxy.password}".encode()).decode()
connection = http.client.HTTPSConnection(proxy.hostname, proxy.port, context=ssl.create_default_context())
connection.set_tunnel("api.stripe.com", 443, {"Proxy-Authorization": "Basic " + login})
form = {**FIELDS, "Content-Type": "application/x-www-form-urlencoded"}
content = b"amount=500&currency=usd"


def told(case):
    answer = connection.getresponse()
    tell(case, status=answer.status, code=json.loads(answer.read()).get("code"), kept=connection.sock is not None)


connection.putrequest("POST", "/v1/payouts")
for name, value in {**form, "Content-Length": str(len(content))}.items():
    connection.putheader(name, value)
connection.endheaders()
told("refused")
connection.auto_open = False
connection.sock.sendall(content)
connection.request("POST", "/v1/payment_intents", content, form)
told("allowed")
