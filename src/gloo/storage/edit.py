"""Edits of single objects inside the texts that users wrote. Pure: documents in, a document out."""

import json
import re
from collections.abc import Sequence

import yaml

from gloo.errors import Conflict, NotFound, StorageError
from gloo.model.base import Json, replace
from gloo.model.codec import decode
from gloo.model.path import Path
from gloo.model.source import Document, Source
from gloo.model.strict import snake_case
from gloo.model.text import TextError, dump_yaml, parse_text
from gloo.storage.base import PLACES, Edit
from gloo.storage.yaml_patch import content_end, line_end, patch_yaml, same

_CAMEL = re.compile(r"[a-z0-9]+([A-Z][a-z0-9]*)+\Z")
_SEPARATOR = re.compile(r"^---(?=\s|$)", re.MULTILINE)


def check_kind(kind: str) -> None:
    """Raise StorageError unless *kind* is one that stores hold."""
    if kind not in PLACES:
        raise StorageError(f"there are no objects of kind {kind!r} (kinds: {', '.join(PLACES)})")


def new_document(change: Edit) -> Document:
    """Return the document for an object that stands nowhere yet. Raises Conflict if it should stand somewhere."""
    check_kind(change.kind)
    _check_base(None, change)
    return Document(f"{PLACES[change.kind]}/{change.name}.yaml", dump_yaml(dict(change.object)), change.kind)


def place_object(documents: Sequence[Document], change: Edit) -> Document | None:
    """Return the document where the object belongs, edited; None if a new document is to be made for it.

    That is the document that holds it today or, if none does, the one that has its name already.
    Raises Conflict if the object is not the edit's base any more, or its document can't be edited safely.
    """
    check_kind(change.kind)
    found = _find(documents, change.kind, change.name)
    own = f"{PLACES[change.kind]}/{change.name}.yaml"
    target = found.document if found else next((document for document in documents if document.name == own), None)
    return replace(target, text=put_object(target, change)) if target else None


def delete_object(documents: Sequence[Document], kind: str, name: str) -> Document:
    """Return the document that holds the object, without it; its text is empty if nothing is left in it.

    Raises NotFound if none holds it, Conflict if its document can't be edited safely.
    """
    check_kind(kind)
    found = _find(documents, kind, name)
    if found is None:
        raise NotFound(f"{kind}/{name} does not exist")
    return replace(found.document, text=remove_object(found.document, kind, name) or "")


def put_object(document: Document, change: Edit) -> str:
    """Return the text of *document* with the object changed in place, or added at the end as its own part."""
    if "\r\n" in document.text:
        plain = _unix(document)
        text = put_object(plain, change)
        return document.text if text == plain.text else text.replace("\n", "\r\n")
    found = _find([document], change.kind, change.name)
    parts = _parts(document)
    old = _at(parts[found.part], found.prefix) if found else None
    _check_base(old, change)
    if found is None:
        return _appended(document, parts, change)
    new = _spelled_as(old, dict(change.object))
    if same(old, new):
        return document.text
    return _rewritten(document, parts, found.part, _with(parts[found.part], found.prefix, new))


def remove_object(document: Document, kind: str, name: str) -> str | None:
    """Return the text of *document* without the object; None if nothing is left in it. Raises NotFound."""
    if "\r\n" in document.text:
        text = remove_object(_unix(document), kind, name)
        return text and text.replace("\n", "\r\n")
    found = _find([document], kind, name)
    if found is None:
        raise NotFound(f"{document.name} holds no {kind}/{name}")
    parts = _parts(document)
    if found.prefix:
        return _rewritten(document, parts, found.part, _without(parts[found.part], found.prefix))
    rest = [part for index, part in enumerate(parts) if index != found.part and part is not None]
    if not rest:
        return None
    return _checked(document, _without_part(document.text, found.part), rest)


def _find(documents: Sequence[Document], kind: str, name: str) -> Source | None:
    """Return where the object is written. Raises Conflict if that may be in a text that can't be read."""
    for document in documents:
        if name not in document.text:
            continue  # to read ten thousand documents for the one that counts takes too long
        try:
            found = [item.source for item in decode(document) if item.kind == kind and item.name == name]
        except TextError as error:
            place = f"{document.name}:{error.line}"
            raise Conflict(f"{place}: {error}; it mentions {name!r}, so mend it first") from error
        if found:
            return found[0]
    return None


def _parts(document: Document) -> list[Json]:
    try:
        return parse_text(document.text)
    except TextError as error:
        raise Conflict(f"{document.name}:{error.line}: {error}; mend it first") from error


def _check_base(old: Json, change: Edit) -> None:
    if change.base is not None and not same(_snake(old), _snake(dict(change.base))):
        what = "was changed" if old else "was removed"
        raise Conflict(f"{change.kind}/{change.name} {what} meanwhile (read it afresh and try again)")


def _appended(document: Document, parts: Sequence[Json], change: Edit) -> str:
    if document.name.endswith(".json") or (document.kind and document.kind != change.kind):
        raise Conflict(f"{document.name} is there already and holds something else (rename it)")
    text, written = _ended(document.text), dump_yaml(dict(change.object))
    rest = [part for part in parts if part is not None]
    return _checked(document, f"{text}---\n{written}" if rest else text + written, [*rest, dict(change.object)])


def _rewritten(document: Document, parts: Sequence[Json], part: int, new: Json) -> str:
    """Return the document's text with one of its parts changed to *new*."""
    wanted = [new if index == part else value for index, value in enumerate(parts)]
    if document.name.endswith(".json"):
        return json.dumps(new, indent=2, ensure_ascii=False) + "\n"
    text = _ended(document.text)
    node = list(yaml.compose_all(text, Loader=yaml.CSafeLoader))[part]
    patched = patch_yaml(text, node, old=parts[part], new=new)
    if _reads_as(patched, wanted):
        return patched
    end = line_end(text, content_end(text, node))
    return _checked(document, text[: node.start_mark.index] + dump_yaml(new) + text[end:], wanted)


def _checked(document: Document, text: str, wanted: Sequence[Json]) -> str:
    if not _reads_as(text, wanted):
        raise Conflict(f"{document.name} can't be edited without changing other things in it (edit it by hand)")
    return text


def _reads_as(text: str, wanted: Sequence[Json]) -> bool:
    try:
        parts = parse_text(text)
    except TextError:
        return False
    return same([part for part in parts if part is not None], [part for part in wanted if part is not None])


def _without_part(text: str, part: int) -> str:
    """Cut the part number *part* with the separator line above it."""
    text = _ended(text)
    start = list(yaml.compose_all(text, Loader=yaml.CSafeLoader))[part].start_mark.index
    edges = [0, *(found.start() for found in _SEPARATOR.finditer(text)), len(text)]
    before = max(edge for edge in edges if edge <= start)
    after = min(edge for edge in edges if edge > start)
    return text[:before] + text[after:]


def _unix(document: Document) -> Document:
    return replace(document, text=document.text.replace("\r\n", "\n"))


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"


def _at(value: Json, path: Path) -> Json:
    for step in path:
        value = value[step]
    return value


def _with(value: Json, path: Path, new: Json) -> Json:
    """Return *value* with *new* at *path*."""
    if not path:
        return new
    first, rest = path[0], path[1:]
    if isinstance(value, list):
        return [_with(item, rest, new) if index == first else item for index, item in enumerate(value)]
    return {key: _with(item, rest, new) if key == first else item for key, item in value.items()}


def _without(value: Json, path: Path) -> Json:
    """Return *value* without the list item at *path*."""
    members = _at(value, path[:-1])
    return _with(value, path[:-1], [member for index, member in enumerate(members) if index != path[-1]])


def _spelled_as(old: Json, new: Json) -> Json:
    """Return *new* with those keys in camelCase that *old* has so."""
    if isinstance(old, dict) and isinstance(new, dict):
        spelling = {snake_case(key): key for key in old if _CAMEL.match(key)}
        named = {key if key in old else spelling.get(key, key): value for key, value in new.items()}
        return {key: _spelled_as(old.get(key), value) for key, value in named.items()}
    if isinstance(old, list) and isinstance(new, list):
        filled = [*old, *[None] * len(new)]
        return [_spelled_as(before, value) for before, value in zip(filled, new, strict=False)]
    return new


def _snake(value: Json) -> Json:
    if isinstance(value, dict):
        return {snake_case(key) if _CAMEL.match(key) else key: _snake(item) for key, item in value.items()}
    return [_snake(item) for item in value] if isinstance(value, list) else value
