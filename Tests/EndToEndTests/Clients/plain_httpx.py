import httpx
from common import CHARGE, FIELDS, PAYOUT, surroundings, told

surroundings()
with httpx.Client() as client:
    for case, (url, form) in {"allowed": CHARGE, "refused": PAYOUT}.items():
        answer = client.post(url, data=form, headers=FIELDS)
        told(case, answer.status_code, answer.json())
