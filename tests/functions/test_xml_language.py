"""Where an expression stands in XML."""

import pytest

from gloo.functions.context import Misfit
from gloo.functions.tree import Place
from gloo.functions.xml_language import Inside, Xml


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
