"""The job of the 45-byte body as a service for Envoy's ext_proc filter: ``python -m benchmarks.ext_proc_service PORT``.

Envoy sends it headers and body, a message each, and takes path, content type and new body from the answer to the body.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator

import grpc
import grpc.aio
from envoy.config.core.v3 import base_pb2
from envoy.service.ext_proc.v3 import external_processor_pb2

_SERVICE = "envoy.service.ext_proc.v3.ExternalProcessor"
_OVERWRITE = base_pb2.HeaderValueOption.OVERWRITE_IF_EXISTS_OR_ADD


async def _process(
    requests: AsyncIterator[external_processor_pb2.ProcessingRequest], _context: object
) -> AsyncIterator[external_processor_pb2.ProcessingResponse]:
    """Let headers wait; answer each body with the request that the benchmark's function makes of it."""
    async for request in requests:
        if request.HasField("request_headers"):
            yield external_processor_pb2.ProcessingResponse(request_headers=external_processor_pb2.HeadersResponse())
        else:
            yield _answer(request.request_body.body)


def _answer(body: bytes) -> external_processor_pb2.ProcessingResponse:
    came = json.loads(body)
    response = external_processor_pb2.ProcessingResponse()
    common = response.request_body.response
    made = {"wanted": came["id"], "title": came["name"], "note": came["note"]}
    body = json.dumps(made).encode()
    common.body_mutation.body = body
    headers = {":path": b"/find", "content-type": b"application/json", "content-length": b"%d" % len(body)}
    for name, value in headers.items():
        header = base_pb2.HeaderValue(key=name, raw_value=value)
        common.header_mutation.set_headers.append(base_pb2.HeaderValueOption(header=header, append_action=_OVERWRITE))
    return response


async def serve(port: int) -> None:
    """Serve on 127.0.0.1 until the process is ended."""
    server = grpc.aio.server()
    process = grpc.stream_stream_rpc_method_handler(
        _process,
        request_deserializer=external_processor_pb2.ProcessingRequest.FromString,
        response_serializer=external_processor_pb2.ProcessingResponse.SerializeToString,
    )
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(_SERVICE, {"Process": process}),))
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
