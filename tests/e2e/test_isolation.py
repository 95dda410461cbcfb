"""What is wrong with one object, be it a bug of gloo, keeps no other from going live; not after a restart either."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.e2e.conftest import Gateway
from tests.e2e.test_gateway import command, until
from tests.support.gateway import RunningGateway

from gloo.control_plane.state import read_statuses
from gloo.model.status import State

# What users can't write any more is let through, two objects meet a bug, and one becomes what Envoy refuses.
FAULTS = """
from gloo.model import regex
checked = regex.check_regex
regex.check_regex = lambda pattern, field: checked(pattern, field) if pattern else 0

from gloo.translator import events
matches = events.event_matches
def event_matches(matcher):
    if matcher.event_type == "boom":
        raise ValueError("words that may hold a secret")
    return matches(matcher)
events.event_matches = event_matches

from gloo.model.base import replace
from gloo.plugins.service import Service
cluster = Service.cluster
def boom(self, upstream, spec, secrets):
    if upstream.name == "boom":
        raise ValueError("words that may hold a secret")
    made = cluster(self, upstream, spec, secrets)
    return replace(made, discovery="static") if spec.hosts[0].addr == "no.address" else made
Service.cluster = boom
"""
UPSTREAM = "{{name: {}, type: service, spec: {{hosts: [{{addr: 127.0.0.1, port: 9}}]}}}}\n"
PETS = """\
upstreams:
- {{name: pets, type: service, spec: {{hosts: [{{addr: {}, port: {}}}]}}}}
virtual_services:
- name: pets
  domains: [pets.test]
  routes: [{{request_matcher: {{path_prefix: /}}, single_destination: {{upstream: {{name: pets}}}}}}]
"""
EMPTY_REGEX = '{path_regex: ""}'
ALL_FORMS = {
    "path": EMPTY_REGEX,
    "header": '{path_prefix: /x, headers: {x: {regex: ""}}}',
    "query": '{path_prefix: /x, query_params: {x: {regex: ""}}}',
}


@pytest.fixture
def faults(tmp_path: Path) -> Mapping[str, str]:
    """Return the environment in which gloo has the faults above."""
    place = tmp_path / "faults"
    place.mkdir()
    (place / "sitecustomize.py").write_text(FAULTS)
    return {"PYTHONPATH": os.pathsep.join(filter(None, (str(place), os.environ.get("PYTHONPATH", ""))))}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "config"
    folder.mkdir()
    write(folder, "good", text="one")
    return folder


def answering(text: str, matcher: str) -> str:
    answer = f"extensions: {{direct_response: {{status: 200, body: {text}}}}}"
    kind = "event_matcher" if "event_type" in matcher else "request_matcher"
    return f"- {{{kind}: {matcher}, {answer}}}\n"


def write(folder: Path, name: str, *before: str, text: str) -> None:
    """Write a virtual service whose last route takes everything; *before* are matchers of others."""
    routes = "".join((*(answering("before", each) for each in before), answering(text, "{path_prefix: /}")))
    (folder / f"{name}.yaml").write_text(
        f"virtual_services:\n- name: {name}\n  domains: [{name}.test]\n  routes:\n"
        + "".join(f"  {line}\n" for line in routes.splitlines())
    )


async def said(running: RunningGateway, name: str) -> str:
    """Return what the virtual service answers; nothing if not 200."""
    answer = await running.get("/any", headers={"host": f"{name}.test"})
    return answer.text if answer.status_code == 200 else ""


async def answered(running: RunningGateway, name: str, text: str) -> None:
    """Wait until the virtual service answers with *text*."""
    async with asyncio.timeout(10):
        while await said(running, name) != text:  # noqa: ASYNC110 - what it waits for sends no event
            await asyncio.sleep(0.02)


def state(folder: Path, ref: str) -> State | None:
    found = read_statuses(folder / ".gloo").statuses.get(ref)
    return found.state if found else None


async def judged(folder: Path, ref: str, wanted: State) -> str:
    """Wait for a verdict; return its reason."""
    await until(lambda: state(folder, ref) is wanted)
    return read_statuses(folder / ".gloo").statuses[ref].reason


@pytest.mark.parametrize("matcher", ALL_FORMS.values(), ids=list(ALL_FORMS))
async def test_a_route_that_envoy_takes_in_no_form_is_left_out_and_all_else_goes_live(
    folder: Path, gateway: Gateway, faults: Mapping[str, str], matcher: str
) -> None:
    async with gateway(folder, variables=faults) as running:
        write(folder, "bad", matcher, text="rest")
        await answered(running, "bad", "rest")
        write(folder, "good", text="two")
        await answered(running, "good", "two")
        reason = await judged(folder, "VirtualService/bad", State.REJECTED)
        assert await judged(folder, "VirtualService/good", State.ACCEPTED) == ""
        running.process.kill()
        await running.process.wait()

    assert reason.endswith("Envoy refuses it: RegexMatcher.regex: value length must be at least 1 characters")
    async with gateway(folder, variables=faults) as running:
        assert await said(running, "good") == "two"
        assert await said(running, "bad") == "rest"
        write(folder, "good", text="three")
        await answered(running, "good", "three")
        await judged(folder, "VirtualService/bad", State.REJECTED)


async def test_an_upstream_that_envoy_refuses_stays_as_it_was_beside_later_changes(
    folder: Path, gateway: Gateway, faults: Mapping[str, str], petstore: int
) -> None:
    pets = folder / "pets.yaml"
    pets.write_text(PETS.format("127.0.0.1", petstore))
    async with gateway(folder, variables=faults) as running:
        await answered(running, "good", "one")
        await judged(folder, "Upstream/pets", State.ACCEPTED)
        pets.write_text(PETS.format("no.address", petstore))
        assert "the last good form stays in force" in await judged(folder, "Upstream/pets", State.REJECTED)
        for text in ("two", "three"):
            write(folder, "good", text=text)
            await answered(running, "good", text)
            assert (await running.get("/pets", headers={"host": "pets.test"})).status_code == 200


async def test_a_bug_about_one_object_keeps_no_other_from_going_live(
    folder: Path, gateway: Gateway, faults: Mapping[str, str]
) -> None:
    async with gateway(folder, variables=faults) as running:
        write(folder, "bad", "{event_type: boom}", text="rest")
        (folder / "upstreams").mkdir()
        for name in ("boom", "fine"):
            (folder / "upstreams" / f"{name}.yaml").write_text(UPSTREAM.format(name))
        await answered(running, "bad", "rest")
        write(folder, "good", text="two")
        await answered(running, "good", "two")
        for ref in ("VirtualService/bad", "Upstream/boom"):
            assert "a bug in gloo: ValueError" in await judged(folder, ref, State.REJECTED)
        for ref in ("VirtualService/good", "Upstream/fine"):
            await judged(folder, ref, State.ACCEPTED)
        running.process.kill()
        await running.process.wait()
        log = running.log.read_text()

    assert [log.count(f"a bug in gloo, reported on {ref}") for ref in ("VirtualService/bad", "Upstream/boom")] == [1, 1]
    assert "words that may hold a secret" not in log
    async with gateway(folder, variables=faults) as running:
        assert await said(running, "good") == "two"
        assert await said(running, "bad") == "rest"


async def test_a_bug_is_a_finding_to_check_and_get_and_no_traceback(
    folder: Path, faults: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, "bad", "{event_type: boom}", text="rest")
    monkeypatch.setenv("PYTHONPATH", faults["PYTHONPATH"])
    for words in (("check", str(folder)), ("get", "vs", "--dir", str(folder))):
        status, told = await command(*words)
        assert "a bug in gloo: ValueError at" in told
        assert "Traceback" not in told
        assert "words that may hold a secret" not in told
        assert status == (1 if words[0] == "check" else 0)


@pytest.mark.parametrize("matcher", ALL_FORMS.values(), ids=list(ALL_FORMS))
async def test_check_refuses_an_empty_regular_expression(folder: Path, matcher: str) -> None:
    write(folder, "bad", matcher, text="rest")

    status, told = await command("check", str(folder))

    assert status == 1
    assert "a regular expression can't be empty" in told
