"""Stands in for a model, so that this needs no network: it always wants the same, and then tells what it was shown."""
import json

from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

WISHES = [
    ("charge", {"customer": "cus_1", "cents": 2000}),
    ("charge", {"customer": "cus_1", "cents": 4000}),
    ("pay_out", {"cents": 500}),
]


class Stub(GenericFakeChatModel):
    def bind_tools(self, tools, **_):
        return self

    def _generate(self, messages, *args, **kwargs):
        if messages[-1].type == "tool":
            seen = messages[-1]
            print(json.dumps({"tool": seen.name, "status": seen.status, "shown": seen.content}), flush=True)
        return super()._generate(messages, *args, **kwargs)


def stub():
    asked = [
        AIMessage("", tool_calls=[{"name": name, "args": arguments, "id": f"call-{number}"}])
        for number, (name, arguments) in enumerate(WISHES)
    ]
    return Stub(messages=iter([*asked, AIMessage("I charged $20.00; the rest was refused.")]))
