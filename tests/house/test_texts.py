"""What the texts of the project hold: links that lead somewhere, no places of anybody's machine, a log of changes."""

import re

import pytest
from tests.support.house import ROOT, shown, tracked

from gloo.model.base import Model
from gloo.model.route import RequestMatcher, Route
from gloo.model.ssl_config import SSLConfig
from gloo.model.upstream import Upstream
from gloo.model.virtual_service import VirtualService
from gloo.plugins.base import RoutePlugin
from gloo.plugins.registry import BUILT_IN
from gloo.plugins.rest import RestFunction
from gloo.plugins.service import ServiceSpec

EXTENSIONS = [plugin.extension_model for plugin in BUILT_IN if isinstance(plugin, RoutePlugin)]
_LINK = re.compile(r"\[[^\]]+\]\(([^)\s#]+)(?:#[^)]*)?\)")
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
# Names are put together here, so that this file holds none itself.
_REGISTRIES = ("python" + "hosted", "py" + r"pi\.", "registry\\.npm" + "js", r"deb\." + "debian", r"proxy\." + "golang")
_PLACES = ("index" + "-url", "/home" + r"/\w", "/root" + "/", "/opt" + r"/\w", "/tmp" + r"/\w")
FORBIDDEN = re.compile("|".join((*_REGISTRIES, *_PLACES)))
_TEXTS = {".py", ".md", ".yaml", ".yml", ".toml", ".txt", ".lua", ".sh", ".cfg", ".json", ""}
_CHANGE = re.compile(r"\A(added|changed|fixed|removed): [a-z`\"'].{9,}[^.]\n\Z", re.IGNORECASE)


def test_every_link_between_pages_leads_somewhere() -> None:
    broken = [
        f"{shown(page)}: {target}"
        for page in tracked()
        if page.suffix == ".md"
        for target in _LINK.findall(_FENCE.sub("", page.read_text()))
        if "://" not in target and not target.startswith("mailto:") and not (page.parent / target).exists()
    ]
    assert broken == []


def test_no_file_names_a_registry_or_a_place_on_a_machine() -> None:
    here = ROOT / "tests" / "house" / "test_texts.py"
    found = [
        f"{shown(file)}: {match[0]}"
        for file in tracked()
        if file.suffix in _TEXTS and file != here
        for match in [FORBIDDEN.search(file.read_text())]
        if match is not None
    ]
    assert found == []


def test_a_change_is_one_line_that_says_what_kind_it_is() -> None:
    notes = [file for file in (ROOT / "changes").glob("*.md") if file.stem != "README"]
    assert [shown(note) for note in notes if not _CHANGE.match(note.read_text())] == []


def test_every_runtime_and_test_dependency_is_justified() -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text()
    project = (ROOT / "pyproject.toml").read_text()
    names = re.findall(r'^  "([A-Za-z0-9_.\-]+)[^"]*",$', project.split("[tool.", maxsplit=1)[0], re.MULTILINE)
    assert names
    assert [name for name in names if f"| {name} |" not in page] == []


@pytest.mark.parametrize(
    ("page", "models"),
    [
        ("virtual-services.md", [VirtualService, Route, RequestMatcher, SSLConfig, *EXTENSIONS]),
        ("upstreams.md", [Upstream, ServiceSpec, RestFunction]),
    ],
)
def test_a_reference_page_names_every_field(page: str, models: list[type[Model]]) -> None:
    text = (ROOT / "docs" / page).read_text()
    every = [(model.__name__, name) for model in models for name in model.__struct_encode_fields__]
    assert [(model, name) for model, name in every if f"`{name}`" not in text] == []
