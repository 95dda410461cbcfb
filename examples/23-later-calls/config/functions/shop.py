"""A function that is waited for, and one that is not."""

import json
import time

CENTS = {"apple": 40, "pear": 55}


def price(event, context):
    """Return the price of one kind of fruit."""
    name = (event.get("queryStringParameters") or {}).get("name", "apple")
    return {"name": name, "cents": CENTS[name]}


def report(event, context):
    """Count for a while; a report of nothing fails."""
    if not event.get("body"):
        raise ValueError("nothing to report")
    time.sleep(0.5)
    print("reported:", event["headers"]["x-gloo-call-id"], json.loads(event["body"])["month"])
