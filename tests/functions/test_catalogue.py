"""Each function of the language is known for what the compiler must know of it: a new one has to be put somewhere."""

from gloo.functions.catalogue import ALIASES, CHANGING, FUNCTIONS, SOUND

OF_ANY_BYTES = (
    *("base64_decode", "base64_encode", "base64url_decode", "base64url_encode", "capitalize", "hmac_sha256", "raw"),
    *("regex_match", "regex_replace", "replace", "sha256", "split", "substring", "url_encode", "word_count"),
)
"""Neither: the same for the same arguments, but not known to keep UTF-8 whole."""


def test_each_function_is_tried_at_load_or_known_to_change_and_sound_or_not() -> None:
    names = {function.name for function in FUNCTIONS.values()}
    assert names == {*SOUND, *CHANGING, *OF_ANY_BYTES}
    assert not {*SOUND, *CHANGING} & {*OF_ANY_BYTES}
    assert set(ALIASES.values()) <= names
