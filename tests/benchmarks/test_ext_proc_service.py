import asyncio
import contextlib

import grpc.aio
from benchmarks.configs import PLAIN_POST
from benchmarks.ext_proc_service import serve
from benchmarks.harness import free_port
from envoy.service.ext_proc.v3 import external_processor_pb2


async def _answer(body: bytes) -> external_processor_pb2.ProcessingResponse:
    port = free_port()
    serving = asyncio.create_task(serve(port))
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        process = channel.stream_stream(
            "/envoy.service.ext_proc.v3.ExternalProcessor/Process",
            request_serializer=external_processor_pb2.ProcessingRequest.SerializeToString,
            response_deserializer=external_processor_pb2.ProcessingResponse.FromString,
        )
        call = process(wait_for_ready=True, timeout=10)
        await call.write(external_processor_pb2.ProcessingRequest(request_body={"body": body}))
        answer = await call.read()
        await call.done_writing()
    serving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await serving
    return answer


def test_the_service_makes_the_body_that_the_function_makes() -> None:
    made = asyncio.run(_answer(PLAIN_POST.body.encode())).request_body.response
    assert made.body_mutation.body == b'{"wanted": 123456, "title": "Rex", "note": "a dog"}'
    headers = {option.header.key: option.header.raw_value for option in made.header_mutation.set_headers}
    assert headers == {":path": b"/find", "content-type": b"application/json", "content-length": b"51"}
