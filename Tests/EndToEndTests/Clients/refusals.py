"""Requests at the gateway with credentials of several kinds, in turn; tells the median time of each kind in µs, and the codes.

refusals.py PORT COUNT, and the credentials as a line of JSON on standard input.
"""
import http.client
import json
import random
import statistics
import sys
import time

from common import tell

port, count = int(sys.argv[1]), int(sys.argv[2])
kinds = json.loads(sys.stdin.readline())
connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
times = {kind: [] for kind in kinds}
codes = {}


def ask(kind):
    begin = time.perf_counter_ns()
    connection.request("GET", "/stripe/v1/balance", headers={"Authorization": "Bearer " + kinds[kind]})
    answer = connection.getresponse()
    content = answer.read()
    spent = time.perf_counter_ns() - begin
    codes[kind] = json.loads(content)["code"]
    return spent


for number in range(count + 20):
    for kind in random.sample(sorted(kinds), len(kinds)):
        spent = ask(kind)
        if number >= 20:
            times[kind].append(spent)

tell("medians", **{kind: round(statistics.median(found) / 1000, 1) for kind, found in times.items()})
tell("codes", **codes)
