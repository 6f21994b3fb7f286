"""Gets one address with every client that is installed; prints how each request came to the server, as JSON."""

import asyncio
import json
import sys
import urllib.request

ADDRESS = sys.argv[1]
ways = {}


def tried(name, call):
    try:
        ways[name] = call()["way"]
    except Exception as problem:
        ways[name] = repr(problem)[:300]


def by_urllib():
    with urllib.request.urlopen(ADDRESS) as answer:
        return json.load(answer)


def by_requests():
    import requests

    return requests.get(ADDRESS, timeout=20).json()


def by_httpx():
    import httpx

    return httpx.get(ADDRESS).json()


async def by_aiohttp():
    import aiohttp

    async with aiohttp.ClientSession() as session:
        async with session.get(ADDRESS) as answer:
            return await answer.json()


tried("urllib", by_urllib)
if len(sys.argv) > 2:
    tried("requests", by_requests)
    tried("httpx", by_httpx)
    tried("aiohttp", lambda: asyncio.run(by_aiohttp()))
print(json.dumps(ways))
