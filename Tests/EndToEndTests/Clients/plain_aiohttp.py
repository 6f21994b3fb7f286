import asyncio

import aiohttp
from common import CHARGE, FIELDS, PAYOUT, surroundings, told


async def main():
    surroundings()
    async with aiohttp.ClientSession(trust_env=True) as session:
        for case, (url, form) in {"allowed": CHARGE, "refused": PAYOUT}.items():
            async with session.post(url, data=form, headers=FIELDS) as answer:
                told(case, answer.status, await answer.json(content_type=None))


asyncio.run(main())
