"""Two functions for Google's framework."""


def price(request):
    """Answer an HTTP request."""
    return {"name": request.args.get("name", "apple"), "cents": 40, "path": request.path}


def ordered(event):
    """Take a CloudEvent."""
    print("ordered:", event["id"], event["type"], event["source"], event.data, flush=True)
