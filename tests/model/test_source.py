"""The line of a path inside an object."""

import pytest

from gloo.model.source import Document, Source

TEXT = """\
# a comment
name: shop
---
upstreams:
- name: a
  spec:
    hosts:
    - {addr: x,
       port: 1}
  serviceInfo:
    type: REST
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("", 5),
        ("name", 5),
        ("spec.hosts[0].port", 9),
        ("spec.hosts[0].addr", 8),
        ("service_info.type", 11),
        ("spec.nothing.here", 6),
        ("spec.hosts[7]", 7),
        ("nothing", 5),
    ],
)
def test_a_path_has_a_line_or_that_of_the_nearest_thing_above_it(path: str, line: int) -> None:
    source = Source(Document("config.yaml", TEXT), part=1, prefix=("upstreams", 0))
    assert source.line_of(path) == line


def test_the_first_part_starts_below_its_comment() -> None:
    assert Source(Document("config.yaml", TEXT)).line_of("name") == 2


def test_a_text_that_is_no_yaml_has_one_line_only() -> None:
    assert Source(Document("config.yaml", "a: [")).line_of("a") == 1


TEMPLATES = """\
plain: /x/{{ a }}
quoted: '/it''s/{{ a }}'
double: "{{ a }}\\n{{ b }}"
block: |
  {"a": 1,
    "b": {{ b }}}
folded: >
  one {{ a }}
  two
flow: {x: "{{ q }}", y: "{{ q }}"}
"""


@pytest.mark.parametrize(
    ("path", "line", "text", "place"),
    [
        ("plain", 1, "/x/{{ a }}", (1, 7)),
        ("quoted", 1, "/it's/{{ a }}", None),
        ("double", 2, "{{ b }}", (3, 18)),
        ("block", 1, '{"a": 1,', (5, 2)),
        ("block", 2, '  "b": {{ b }}}', (6, 2)),
        ("folded", 1, "one {{ a }} two", None),
        ("flow.y", 1, "{{ q }}", (10, 25)),
        ("flow.z", 1, "{{ q }}", None),
        ("flow", 1, "{{ q }}", None),
    ],
)
def test_a_line_of_a_text_stands_where_it_is_written(
    path: str, line: int, text: str, place: tuple[int, int] | None
) -> None:
    assert Source(Document("config.yaml", TEMPLATES)).place_in(path, line, text) == place


def test_a_document_does_not_show_its_text() -> None:
    assert "canary" not in repr(Document("secret.yaml", "password: canary"))
