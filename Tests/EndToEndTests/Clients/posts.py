"""Times POSTs on one connection, with requests: posts.py URL COUNT."""
import sys
import time

import requests
from common import FIELDS, tell

with requests.Session() as session:
    took = []
    for _ in range(int(sys.argv[2]) + 1):
        began = time.monotonic()
        session.post(sys.argv[1], data={"amount": "1", "currency": "usd"}, headers=FIELDS).raise_for_status()
        took.append(round((time.monotonic() - began) * 1000, 2))
    # The first one opens the tunnel.
    tell("posts", milliseconds=took[1:])
