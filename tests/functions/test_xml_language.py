"""Where an expression stands in XML."""

import json

import pytest
from tests.functions.gateway import Gateway, Request, call

from gloo.functions.context import Misfit
from gloo.functions.tree import Place
from gloo.functions.xml_language import Inside, Markup, Xml


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", Place.XML_TEXT),
        ("<a>", Place.XML_TEXT),
        ("<a b='>'>", Place.XML_TEXT),
        ("<a b='", Place.XML_ATTRIBUTE),
        ("""<a b="'""", Place.XML_ATTRIBUTE),
        ("<!-- <a b=' -->", Place.XML_TEXT),
        ("<![CDATA[ <a ]]>", Place.XML_TEXT),
        ("<?xml version='1.0'?>", Place.XML_TEXT),
    ],
)
def test_the_text_before_tells_the_place(text: str, place: Place) -> None:
    assert Xml().hole(Xml().text(Inside.TEXT, text))[0] is place


@pytest.mark.parametrize("text", ["<", "<a ", "<a b=", "<!-- ", "<![CDATA[", "<?x ", "</"])
def test_outside_of_text_and_attributes_there_is_no_place(text: str) -> None:
    with pytest.raises(Misfit):
        Xml().hole(Xml().text(Inside.TEXT, text))


@pytest.mark.parametrize("text", ["a & b", "&", "&amp", "&#x;", "<a b='?c=1&d=2'>", "<a>&"])
def test_an_ampersand_starts_a_reference_that_no_value_is_part_of(text: str) -> None:
    with pytest.raises(Misfit, match="write &amp;"):
        Xml().text(Inside.TEXT, text)
    Markup().text(Inside.TEXT, text)


@pytest.mark.parametrize(
    "text", ["&amp;&#10;&#xA;&x.y;", "<a b='&quot;'>", "<!-- & -->", "<![CDATA[ & ]]>", "<?x & ?>"]
)
def test_references_and_what_is_not_read_may_have_ampersands(text: str) -> None:
    Xml().text(Inside.TEXT, text)


@pytest.mark.parametrize(
    ("text", "problem", "offset"),
    [
        ("<a & b>", "'&' can't stand in a tag", 3),
        ("<p>1 < 2</p>", "a name must follow '<'", 6),
        ("<3 you", "a name must follow '<'", 1),
        ("<//a>", "a name must follow '<'", 1),
        ("<a b c='d'>", "an attribute must have a value", 4),
        ("<a b>", "an attribute must have a value", 4),
        ("<a b=c>", "must stand in quotes", 5),
        ("<a b='c' 'd'>", "can't stand in a tag", 9),
        ("<!DOCTYPE a [<!ENTITY", "can't stand in a declaration", 13),
        ("<a / b='c'>", "can't stand in a tag", 3),
        ("<a <b>", "'<' can't stand in a tag", 3),
    ],
)
def test_what_is_no_attribute_stands_in_no_tag(text: str, problem: str, offset: int) -> None:
    with pytest.raises(Misfit) as caught:
        Xml().text(Inside.TEXT, text)
    assert problem in caught.value.problem
    assert caught.value.offset == offset


@pytest.mark.parametrize(
    "text",
    [
        "<?xml version='1.0'?><a/>",
        "<!DOCTYPE a PUBLIC \"-//X//Y\" 'z.dtd'><a></a >",
        "<s:a xmlns:s = \"urn:x\"\n s:b-c.d\t=\t'1'/>",
        "<größe a='>' b=\"'\" />",
        "<a b='&amp;'><!-- <a & b> --><![CDATA[<a & b>]]><?x <a & b>?></a>",
    ],
)
def test_tags_are_as_xml_has_them(text: str) -> None:
    assert Xml().text(Inside.TEXT, text) is Inside.TEXT


@pytest.mark.parametrize(
    "body",
    [
        "<a{% if x %} b='{{ x }}'{% endif %} c='1'>{{ x }}</a>",
        "<a {% if x %}b='1' {% else %}c='1'{% endif %}/>",
        "<h{% if x %}1{% else %}2{% endif %}>{{ x }}</h{% if x %}1{% else %}2{% endif %}>",
        "<{% if x %}a{% else %}b{% endif %} c='1'/>",
        "<a b={% if x %}'{{ x }}'{% else %}\"2\"{% endif %}>",
        "<a{% for y in xs %} b{% endfor %}='1'>",
        "<a{% for y in xs %} {% endfor %}>",
        "<a b{# why #}='{{ x }}'{% set y = 1 %} c ='{{ y }}'>",
        "</{% if x %}a{% endif %}>",
        "<!DOCTYPE a SYSTEM '{{ y }}.dtd'><a b='{{ x }}'/>",
    ],
)
def test_branches_may_make_the_parts_of_a_tag(gateway: Gateway, body: str) -> None:
    assert call(gateway, Request(body=b'{"x": "<", "y": "z", "xs": [1]}'), body=body).code is None


def test_html_that_says_so_may_have_attributes_without_a_value(gateway: Gateway) -> None:
    html = (("content-type", "text/html"),)
    assert call(gateway, Request(), body="<a b c=d href=?x=1&y=2>", headers=html).code is None


@pytest.mark.parametrize("character", ["\ufffe", "\uffff", "\x0b", "\x00"])
def test_a_character_that_xml_has_not_is_refused(gateway: Gateway, character: str) -> None:
    request = Request(body=json.dumps({"x": f"a{character}b"}).encode())
    for template in ("<a>{{ x }}</a>", "<a b='{{ x }}'/>"):
        assert call(gateway, request, body=template).code == "bad_value"


def test_its_neighbours_are_printed(gateway: Gateway) -> None:
    text = "\ufffd\uf7bf\U0001fffe"
    request = Request(body=json.dumps({"x": text}).encode())
    assert call(gateway, request, body="<a>{{ x }}</a>").request.body == f"<a>{text}</a>".encode()
