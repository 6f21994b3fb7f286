"""Reads Server-Sent Events with requests and tells when each came: events.py URL."""
import sys
import time

import requests
from common import FIELDS, tell

with requests.get(sys.argv[1], headers=FIELDS, stream=True) as answer:
    times = []
    for line in answer.iter_lines(chunk_size=1):
        if line.startswith(b"data: "):
            times.append(time.monotonic())
    tell("events", status=answer.status_code, after_first=[round(later - times[0], 3) for later in times])
