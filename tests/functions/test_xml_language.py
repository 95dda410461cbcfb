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


@pytest.mark.parametrize("character", ["\ufffe", "\uffff", "\x0b", "\x00"])
def test_a_character_that_xml_has_not_is_refused(gateway: Gateway, character: str) -> None:
    request = Request(body=json.dumps({"x": f"a{character}b"}).encode())
    for template in ("<a>{{ x }}</a>", "<a b='{{ x }}'/>"):
        assert call(gateway, request, body=template).code == "bad_value"


def test_its_neighbours_are_printed(gateway: Gateway) -> None:
    text = "\ufffd\uf7bf\U0001fffe"
    request = Request(body=json.dumps({"x": text}).encode())
    assert call(gateway, request, body="<a>{{ x }}</a>").request.body == f"<a>{text}</a>".encode()
