"""anthropic-python as it comes: ask a model."""
from anthropic import Anthropic, APIStatusError
from common import surroundings, tell

surroundings()
try:
    with Anthropic() as client:
        answer = client.messages.create(
            model="sandbox-1", max_tokens=50, messages=[{"role": "user", "content": "hello"}])
        tell("allowed", id=answer.id, text=answer.content[0].text)
except APIStatusError as error:
    tell("refused", kind=type(error).__name__, status=error.status_code, text=str(error))
