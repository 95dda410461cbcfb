"""Edits of single objects inside the texts that users wrote."""

from collections.abc import Sequence

import yaml

from gloo.errors import NotFound
from gloo.model.source import Document
from gloo.storage.base import PLACES, Edit


def new_document(change: Edit) -> Document:
    """Return the document for an object that stands nowhere yet."""
    text = yaml.safe_dump(dict(change.object), sort_keys=False, allow_unicode=True)
    return Document(f"{PLACES[change.kind]}/{change.name}.yaml", text, change.kind)


def place_object(documents: Sequence[Document], change: Edit) -> Document | None:
    """Return the document that holds the object, edited; None if none does."""
    name = f"{PLACES[change.kind]}/{change.name}.yaml"
    return new_document(change) if any(document.name == name for document in documents) else None


def delete_object(documents: Sequence[Document], kind: str, name: str) -> Document:
    """Return the document that holds the object without it; its text is empty if nothing is left."""
    for document in documents:
        if document.name == f"{PLACES[kind]}/{name}.yaml":
            return Document(document.name, "", kind)
    raise NotFound(f"{kind}/{name} does not exist")
