import requests
from common import CHARGE, FIELDS, PAYOUT, surroundings, told

surroundings()
with requests.Session() as session:
    for case, (url, form) in {"allowed": CHARGE, "refused": PAYOUT}.items():
        answer = session.post(url, data=form, headers=FIELDS)
        told(case, answer.status_code, answer.json())
