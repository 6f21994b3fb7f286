"""twilio-python as it comes: send a text, and buy a number, which the policy doesn't let it."""
import os

from common import surroundings, tell
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

surroundings()
client = Client(os.environ["TWILIO_ACCOUNT_SID"], os.environ["TWILIO_AUTH_TOKEN"])
tell("allowed", id=client.messages.create(to="+15005550006", from_="+15005550001", body="hello").sid)
try:
    client.incoming_phone_numbers.create(phone_number="+15005550006")
except TwilioRestException as error:
    tell("refused", kind=type(error).__name__, status=error.status, code=error.code, message=error.msg)
