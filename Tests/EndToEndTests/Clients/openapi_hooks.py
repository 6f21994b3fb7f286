"""What schemathesis must know of the sidecar that it asks, beyond the document itself."""

import os
from datetime import datetime, timedelta, timezone

import requests
import schemathesis

# What the document leaves to the configuration and to the clock.
KNOWN = {
    "VendorName": ["stripe"],
    "PolicyName": ["billing"],
    "BudgetName": ["everything"],
    "DividedBudgetName": ["runs"],
    "Endpoint": ["payment_intents.create", "GET /v1/payment_intents/{id}", "/v1/charges/*"],
    "Future": [(datetime.now(timezone.utc) + timedelta(days=days)).isoformat() for days in (1, 20)],
}


@schemathesis.hook
def before_load_schema(context, schema):
    schemas = schema["components"]["schemas"]
    for name, values in KNOWN.items():
        schemas[name]["enum"] = values
    schemas["Expiry"]["enum"] = KNOWN["Future"]
    for name in ("Lifetime", "Lease"):
        bound(schemas[name])
    # A key of our making has no tags that a pattern could mean.
    schemas["FieldPattern"]["pattern"] = r"^([^{]|\{(run|label)\})*$"
    close(schemas)
    (request,) = schema["paths"]["/v1/explain"]["get"]["parameters"]
    request["example"] = os.environ["KNOWN_REQUEST"]


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.operation.label == "POST /v1/keys":
        resume(case.operation.base_url)
    query = case.query or {}
    # What no schema can say of two parameters.
    if "label_prefix" not in str(query.get("group_by")) and str(query.get("depth")).isdigit():
        query.pop("depth")


def resume(address):
    """It stops whatever it can; with everything stopped there are no keys to look at."""
    session = requests.Session()
    session.headers["Authorization"] = "Bearer " + os.environ["CONTROL_TOKEN"]
    for stop in session.get(address + "/v1/stops").json()["stops"]:
        session.delete(f"{address}/v1/stops/{stop['id']}")


def bound(span):
    """No pattern can say how long a span may be."""
    span["anyOf"][1] = {"type": "string", "enum": ["45s", "1m30s", "600", "59m"]}


def close(schema):
    """No answer has a member that is not described; a client must not rely on that."""
    if isinstance(schema, dict):
        if "properties" in schema and "required" in schema and schema.get("type") == "object":
            schema.setdefault("additionalProperties", False)
        for value in schema.values():
            close(value)
    elif isinstance(schema, list):
        for value in schema:
            close(value)
