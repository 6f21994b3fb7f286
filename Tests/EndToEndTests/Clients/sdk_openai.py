"""openai-python as it comes: ask a model, and (with the argument stream) have its answer piece by piece."""
import sys
import time

from common import surroundings, tell
from openai import APIStatusError, OpenAI

ASK = {"model": "sandbox-1", "messages": [{"role": "user", "content": "hello"}], "max_completion_tokens": 50}


def ask(client):
    answer = client.chat.completions.create(**ASK)
    tell("allowed", id=answer.id, text=answer.choices[0].message.content)


def listen(client):
    times, words = [], []
    for piece in client.chat.completions.create(**ASK, stream=True):
        times.append(time.monotonic())
        words.append(piece.choices[0].delta.content or "")
    tell("stream", text="".join(words), after_first=[moment - times[0] for moment in times])


surroundings()
try:
    with OpenAI() as client:
        ask(client)
        if sys.argv[1:] == ["stream"]:
            listen(client)
except APIStatusError as error:
    tell("refused", kind=type(error).__name__, status=error.status_code, text=str(error))
