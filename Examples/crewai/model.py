"""Stands in for a model, so that this needs no network: it always wants the same, and then tells what it was shown."""
import json

from crewai import BaseLLM

WISHES = [
    ("charge", {"customer": "cus_1", "cents": 2000}),
    ("charge", {"customer": "cus_1", "cents": 4000}),
    ("pay_out", {"cents": 500}),
]


class Stub(BaseLLM):
    def call(self, messages, *args, **kwargs):
        shown = [message["content"] for message in messages if message["role"] == "tool"]
        if shown:
            print(json.dumps({"tool": WISHES[len(shown) - 1][0], "shown": shown[-1]}), flush=True)
        if len(shown) == len(WISHES):
            return "I charged $20.00; the rest was refused."
        name, arguments = WISHES[len(shown)]
        function = {"name": name, "arguments": json.dumps(arguments)}
        return [{"id": f"call-{len(shown)}", "type": "function", "function": function}]

    def supports_function_calling(self):
        return True
