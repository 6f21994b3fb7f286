"""Stands in for a model, so that this needs no network: it always wants the same, and then tells what it was shown."""
import json

from agents import Model, ModelResponse, Usage
from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage, ResponseOutputText

WISHES = [
    ("charge", {"customer": "cus_1", "cents": 2000}),
    ("charge", {"customer": "cus_1", "cents": 4000}),
    ("pay_out", {"cents": 500}),
]


def call(number):
    name, arguments = WISHES[number]
    return ResponseFunctionToolCall(
        type="function_call", call_id=f"call-{number}", name=name, arguments=json.dumps(arguments))


def text(words):
    said = ResponseOutputText(type="output_text", text=words, annotations=[])
    return ResponseOutputMessage(id="said", type="message", role="assistant", status="completed", content=[said])


class Stub(Model):
    async def get_response(self, system_instructions, input, *args, **kwargs):
        shown = [item["output"] for item in input if item.get("type") == "function_call_output"]
        if shown:
            print(json.dumps({"tool": WISHES[len(shown) - 1][0], "shown": shown[-1]}), flush=True)
        more = len(shown) < len(WISHES)
        answer = call(len(shown)) if more else text("I charged $20.00; the rest was refused.")
        return ModelResponse(output=[answer], usage=Usage(), response_id=None)

    def stream_response(self, *args, **kwargs):
        raise NotImplementedError
