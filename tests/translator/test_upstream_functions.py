"""All faults of a function are told at once, and none that follows from another."""

import pytest
from tests.support.translating import translated

UPSTREAM = """\
name: a
type: service
spec: {hosts: [{addr: 127.0.0.1, port: 80}]}
service_info: {type: REST}
functions:
- {name: f, spec: {%s}}
"""


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("bogus: 1, body: '{% for a in b %}'", {"bogus", "body"}),
        ("bogus: 1, path: '{{ nope(1) }}', body: '{% for a in b %}'", {"bogus", "path", "body"}),
        ("bdy: '{% for', path: '{{ nope(1) }}'", {"bdy", "path"}),
        ("data_surces: {t: {inline: a}}, body: '{{ data_source(\"t\") }}'", {"data_surces"}),
        ("data_sources: {t: 5}, body: '{{ data_source(\"t\") }}'", {"data_sources.t"}),
        ("bogus: 1, data_sources: {t: {filename: t}}, body: '{{ data_source(\"t\") }}'", {"bogus"}),
        ("bogus: 1, body: a, passthrough_body: true", {"bogus"}),
    ],
)
def test_templates_are_checked_beside_unknown_fields(spec: str, told: set[str]) -> None:
    problems = translated(UPSTREAM % spec).reports["Upstream/a"].problems
    assert {each.field.removeprefix("functions[0].spec.") for each in problems} == told
    assert all((each.file, each.line) == ("config.yaml", 6) for each in problems)
