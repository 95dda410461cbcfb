"""The fast way from YAML text to values, for the plain texts that nearly all are.

Composing nodes takes three times as long, and their marks are needed for errors alone. `ryaml` has libyaml's grammar
but resolves some scalars and keys in its own way, and knows tags and aliases that we refuse. So a text goes this way
only if it holds nothing that could be read in two ways, and whatever `ryaml` does not like goes the long way, which
says what is wrong and where.
"""

import re2
import ryaml

from gloo.model.base import Json

_BEFORE = r"(?:^|[\s\[{,:])"
_NO_TEXT = r"(?i:true|false|null|~|[-+.]*\d[^\s\"':,{}\[\]]*|)"
_DOUBTFUL = re2.compile(
    "(?m)"
    + "|".join(
        [
            # tabs, line ends of other systems, marks that nobody sees
            r"[^\n\x20-\x7e\xa0-\x{2027}\x{202a}-\x{fefe}\x{ff00}-\x{fffd}\x{10000}-\x{10ffff}]",
            r"<<",  # merge keys
            r"^(?:---|\.\.\.)",  # more than one document
            _BEFORE + r"[!&*?%]",  # tags, anchors, aliases, keys that are no text, directives
            # numbers that are not read alike everywhere: octal and hexadecimal ones, exponents, a bare point, long ones
            _BEFORE + r"[-+]?(?:\+|0[\dxXoObB_]|\.[\diInN]|\d[\d.]*[eE]|\d+\.(?:\W|$)|[\d.]{16})",
            # keys that would be no text, and those that stand in braces without a colon
            _BEFORE + _NO_TEXT + r"[ ]*:(?:[\s,\[\]{}\"']|$)",
            r"[{,]\s*" + _NO_TEXT + r"\s*[,}]",
        ]
    )
)


def plain_values(text: str) -> Json | None:
    """Return the value of a text that is one plain document; None for any other text, and for an empty one."""
    try:
        return None if _DOUBTFUL.search(text) else ryaml.loads(text)
    except (ryaml.InvalidYamlError, ValueError):
        return None
