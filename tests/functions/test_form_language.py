"""What can stand in a form."""

import pytest

from gloo.functions.context import Misfit
from gloo.functions.form_language import Form
from gloo.functions.tree import Place


def test_names_and_values_stand_as_they_are_and_encoded() -> None:
    assert Form().text(Place.FORM, "a=1&b=%20x+y&c.d=*") is Place.FORM


@pytest.mark.parametrize(("text", "offset"), [("a b", 1), ("a=%2", 2), ("a=é", 2), ("a\n", 1), ("<", 0)])
def test_what_must_be_encoded_is_told(text: str, offset: int) -> None:
    with pytest.raises(Misfit) as misfit:
        Form().text(Place.FORM, text)
    assert misfit.value.offset == offset
