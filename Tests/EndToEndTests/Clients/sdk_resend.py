"""resend-python as it comes: send a mail to two, and make a key, which the policy doesn't let it."""
import resend
from common import surroundings, tell
from resend.exceptions import ResendError

surroundings()
MAIL = {"from": "us@example.com", "to": ["a@example.com", "b@example.com"], "subject": "hello", "text": "hello"}
tell("allowed", id=resend.Emails.send(MAIL)["id"])
try:
    resend.ApiKeys.create({"name": "mine"})
except ResendError as error:
    tell("refused", kind=type(error).__name__, status=error.code, text=str(error))
