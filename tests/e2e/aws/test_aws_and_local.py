"""One route, two places: a share of the calls goes to Lambda, the rest to the same kind of function on this machine."""

import json
from collections import Counter
from pathlib import Path

from tests.e2e.aws.gateway_config import result, write_config
from tests.e2e.aws.lambda_peer import LambdaPeer
from tests.support.gateway import running_gateway

CODE = """
def place(event, context):
    return {"statusCode": 200, "body": f"here: {event['body']} {event['rawPath']}"}
"""


async def test_a_route_splits_between_lambda_and_a_local_function_by_weight(tmp_path: Path, peer: LambdaPeer) -> None:
    folder = write_config(tmp_path / "config", peer)
    config = json.loads((folder / "gloo.yaml").read_text())
    (folder / "shop.py").write_text(CODE)
    local = {"name": "local", "type": "local", "spec": {"module": "shop.py"}, "functions": [{"name": "place"}]}
    shares = [
        {"function": {"upstream_name": "aws", "function_name": "as-v2"}, "weight": 80},
        {"function": {"upstream_name": "local", "function_name": "place"}, "weight": 20},
    ]
    routes = [{"request_matcher": {"path_prefix": "/place"}, "multiple_destinations": shares}]
    services = [{"name": "default", "routes": routes}]
    (folder / "gloo.yaml").write_text(
        json.dumps({"upstreams": [*config["upstreams"], local], "virtual_services": services})
    )
    peer.answers["as-v2"] = result(statusCode=200, body="in the cloud")
    async with running_gateway(folder) as running:
        answers = Counter([(await running.request("POST", "/place/1", content=b"pear")).text for _ in range(100)])
    assert answers.keys() == {"in the cloud", "here: pear /place/1"}
    assert 65 <= answers["in the cloud"] <= 94
    assert len(peer.calls) == answers["in the cloud"]
