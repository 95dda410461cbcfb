"""The pieces of a message: what can be set on a request, and what on an answer."""

import pytest

from gloo.errors import TemplateError
from gloo.functions import FunctionTemplate, Program, ResponseTemplate, compile_function


def answering(**parts: object) -> Program:
    return compile_function(FunctionTemplate("a/b", responses=(ResponseTemplate(**parts),)))  # type: ignore[arg-type]  # as given


@pytest.mark.parametrize("status", ["99", "600", "2OO", "", "204", "304"])
def test_a_status_that_no_answer_with_a_body_can_have_is_refused(status: str) -> None:
    with pytest.raises(TemplateError) as error:
        answering(status=status)
    assert error.value.field == "response.status"


def test_a_status_without_a_body_goes_with_an_empty_body() -> None:
    assert answering(status="204", body="").answers


def test_host_is_a_plain_header_of_an_answer() -> None:
    assert '"host"' in answering(headers=(("Host", "x"),)).source
    assert '":authority"' in compile_function(FunctionTemplate("a/b", headers=(("Host", "x"),))).source


def test_the_method_is_set_on_requests_only() -> None:
    with pytest.raises(TemplateError, match="no pseudo headers"):
        answering(headers=((":method", "GET"),))


def test_a_request_has_no_status_to_set() -> None:
    with pytest.raises(TemplateError, match=":method and :authority can be set"):
        compile_function(FunctionTemplate("a/b", headers=((":status", "200"),)))
