"""Charges once for each line of its input, on one connection that it never lets go: steps.py [AMOUNT]."""
import http.client
import json
import os
import ssl
import sys
from base64 import b64encode
from urllib.parse import urlsplit

from common import FIELDS, tell

amount = sys.argv[1] if len(sys.argv) > 1 else "100"
proxy = urlsplit(os.environ["HTTPS_PROXY"])
login = b64encode(f"{proxy.username}:{proxy.password}".encode()).decode()
connection = http.client.HTTPSConnection(proxy.hostname, proxy.port, context=ssl.create_default_context())
connection.set_tunnel("api.stripe.com", 443, {"Proxy-Authorization": "Basic " + login})
connection.connect()
connection.auto_open = False
form = {**FIELDS, "Content-Type": "application/x-www-form-urlencoded"}
for number, _ in enumerate(sys.stdin, 1):
    try:
        connection.request("POST", "/v1/payment_intents", f"amount={amount}&currency=usd", form)
        answer = connection.getresponse()
        body = json.loads(answer.read())
        tell(f"step {number}", status=answer.status, code=body.get("code"), message=body.get("message"))
    except (OSError, http.client.HTTPException) as error:
        tell(f"step {number}", kind=type(error).__name__)
        break
