"""As many charges of a dollar at once as it is told, each on a connection of its own, with aiohttp: race.py COUNT."""
import asyncio
import sys
from collections import Counter

import aiohttp
from common import BASE, FIELDS, tell


async def main():
    ready = asyncio.Event()
    form = {"amount": "100", "currency": "usd"}

    async def charge(session):
        await ready.wait()
        async with session.post(BASE + "/v1/payment_intents", data=form, headers=FIELDS) as answer:
            body = await answer.json(content_type=None)
            return body.get("code") or answer.status

    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(trust_env=True, connector=connector) as session:
        charges = [asyncio.create_task(charge(session)) for _ in range(int(sys.argv[1]))]
        await asyncio.sleep(0)
        ready.set()
        tell("race", **{str(answer): count for answer, count in Counter(await asyncio.gather(*charges)).items()})


asyncio.run(main())
