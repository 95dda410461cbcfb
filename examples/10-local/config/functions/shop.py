"""Functions of a small shop, one of each kind."""

import json

PRICES = {"apple": 40, "pear": 55}


def price(event, context):
    """The signature of AWS Lambda: an event of API Gateway in, an answer for it out."""
    name = event.get("queryStringParameters", {}).get("name", "")
    if name not in PRICES:
        return {"statusCode": 404, "body": json.dumps({"error": f"there is no {name!r}"})}
    return {"name": name, "cents": PRICES[name]}


def greet(request):
    """The signature of Google's functions: a request in, an answer out."""
    return f"Hello, {request.args.get('name', 'stranger')}!\n"


def ordered(event):
    """A function for CloudEvents: what it returns does not count."""
    print("ordered:", event["id"], event.data)


async def status(scope, receive, send):
    """An ASGI application: any framework's application object will do."""
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b'{"open": true}\n'})
