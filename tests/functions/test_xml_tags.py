"""Elements that are not closed."""

import pytest
from tests.functions.test_body_language import compiled

CLOSED = [
    "<a>{{ x }}</a>",
    "<a><b c='{{ x }}'/><b/><c></c></a>",
    "<?xml version='1.0'?><!DOCTYPE a><a ><!-- <b> --><![CDATA[<b>]]><?b <b>?></a >",
    "<a>{% if x %}<b>1</b>{% else %}<c/>{% endif %}</a>",
    "<a>{% for y in xs %}<b>{{ y }}</b>{% endfor %}</a>",
    "{% if x %}<b>{% endif %}{{ y }}{% if x %}</b>{% endif %}",
    "<{% if x %}a{% else %}b{% endif %}>{{ y }}</{% if x %}a{% else %}b{% endif %}>",
    "<h{% if x %}1{% else %}2{% endif %}>{{ y }}</h{% if x %}1{% else %}2{% endif %}>",
    "<a b='{% if x %}1{% endif %}'>{{ y }}</a>",
    "<a{% if x %} b='1'{% endif %}>{{ y }}</a>",
    "<a>{% if x %}1</a>{% else %}2</a>{% endif %}",
    "<a>{{ x | raw }}</b>",
    "<s:größe>{{ x }}</s:größe>",
    "<a/>{{ x }}<b/>",
    "<a>{% for y in xs %}{% if y.b %}<b>{% endif %}{{ y.t }}{% if y.b %}</b>{% endif %}{% endfor %}</a>",
    "<a>{% for y in xs %}{% if loop.first or y.b %}<b>{% endif %}1{% if y.c %}</b>{% endif %}{% endfor %}</a>",
    "".join(f"{{% if a{n} %}}<b{n}>{{% endif %}}{{{{ x }}}}{{% if a{n} %}}</b{n}>{{% endif %}}" for n in range(40)),
]
NOT_CLOSED = [
    ("<a>{{ x }}</b>", "</b> stands where </a> is due", 14),
    ("<a>{{ x }}", "<a> is not closed", 11),
    ("<a><b>{{ x }}</a>", "</a> stands where </b> is due", 17),
    ("<a/>{{ x }}</a>", "</a> closes nothing", 15),
    ("<a>{{ x }}</a></a>", "</a> closes nothing", 18),
    ("<a>{% if x %}<b>{% else %}<c>{% endif %}</a>", "</a> stands where </", 44),
    ("<a>{% for y in xs %}<b>{% endfor %}</b></a>", "the loop opens more of XML than it closes", 7),
    ("<a b='</a>'>{{ x }}", "<a> is not closed", 20),
]


@pytest.mark.parametrize("body", CLOSED)
def test_what_is_closed_for_some_requests_is_not_spoken_of(body: str) -> None:
    assert [str(warning) for warning in compiled(body).warnings if "raw lets" not in str(warning)] == []


@pytest.mark.parametrize(("body", "problem", "column"), NOT_CLOSED)
def test_what_is_closed_for_no_request_is_told(body: str, problem: str, column: int) -> None:
    (warning,) = compiled(body).warnings
    assert problem in str(warning)
    assert warning.column == column
