"""Every module has a test file in its mirror place: ``gloo/model/text.py`` in ``tests/model/test_text*.py``."""

from pathlib import Path

from tests.support.house import SOURCE, TESTS, modules

WITHOUT = {
    "__init__": "a package's front page; what it offers is tested where it is made",
    "errors": "messages are asserted wherever they are raised",
}
# Tested together with what uses them, which is the only way in.
THROUGH: dict[str, str] = {
    "cli/apply_objects": "cli/apply",
    "cli/delete_object": "cli/delete",
    "cli/demo_run": "cli/demo",
    "cli/discover_write": "cli/discover",
    "cli/discovered": "cli/discover",
    "cli/explain_text": "cli/explain",
    "cli/findings": "cli/check",
    "cli/kinds": "cli/get",
    "cli/listing": "cli/get",
    "cli/lists": "cli/get",
    "cli/matcher_text": "cli/route",
    "cli/objects": "cli/delete",
    "cli/output": "cli/get",
    "cli/problems": "cli/get",
    "cli/recorder": "cli/test",
    "cli/route_edit": "cli/route",
    "cli/route_options": "cli/route",
    "cli/route_service": "cli/route",
    "cli/secrets": "cli/get",
    "cli/trial": "cli/test",
    "cli/verdicts": "cli/test",
    "cli/view": "cli/get",
    "cli/written": "cli/apply",
    "control_plane/app": "e2e/gateway",
    "control_plane/discover_now": "cli/discover",
    "control_plane/findings_log": "features/control_loop",
    "control_plane/loop": "features/control_loop",
    "control_plane/named_watch": "control_plane/artifacts",
    "control_plane/trust": "e2e/gateway",
    "envoy/answer_notes": "functions/answers_in_envoy",
    "explain/delivery": "explain/answer",
    "explain/lua_run": "explain/answer",
    "explain/parameters": "explain/answer",
    "explain/policies": "explain/answer",
    "explain/preflight": "explain/answer",
    "explain/tables": "explain/answer",
    "functions/blocks": "functions/template",
    "functions/body_language": "functions/program",
    "functions/expressions": "functions/template",
    "functions/extraction": "functions/program",
    "functions/faults": "functions/program",
    "functions/json_language": "functions/program",
    "functions/lexer": "functions/template",
    "functions/lua": "functions/program",
    "functions/names": "functions/template",
    "functions/regex_tree": "functions/regex",
    "functions/runtime_source": "functions/program",
    "functions/source": "functions/template",
    "functions/syntax": "functions/template",
    "functions/target_language": "functions/program",
    "functions/tree": "functions/template",
    "local_functions/asgi_answers": "local_functions/host",
    "local_functions/google_request": "local_functions/google_function",
    "local_functions/orders": "local_functions/worker",
    "model/yaml_nodes": "model/text",
    "plugins/discovery": "discovery/asking",
    "plugins/rest_call": "plugins/rest",
    "plugins/schema_types": "plugins/schema",
    "storage/base": "storage/file",
    "storage/folder": "storage/file",
    "storage/folder_watch": "storage/file",
    "storage/known_file": "storage/file",
    "storage/look": "storage/file",
    "storage/write": "storage/file",
    "translator/destinations": "translator/routes",
    "translator/route_entries": "translator/route_reach",
}
# Without a test of their own so far. This list only gets shorter.
NOT_YET = frozenset(
    [
        "cli/after",
        "cli/folder",
        "cli/logs",
        "cli/run",
        "envoy/lua",
        "envoy/stage",
        "envoy/validation",
        "proxy/validate",
    ]
)


def name_of(module: Path) -> str:
    """Return the place of *module* in the package, without its suffix."""
    return str(module.relative_to(SOURCE).with_suffix(""))


def has_test(name: str) -> bool:
    """Tell whether a test file stands in the mirror place of a module."""
    place = TESTS / name
    return any(place.parent.glob(f"test_{place.name}*.py"))


def test_every_module_has_its_test_file() -> None:
    names = [name_of(module) for module in modules() if module.stem not in WITHOUT]
    assert [name for name in names if not has_test(name) and name not in THROUGH and name not in NOT_YET] == []


def test_what_is_tested_through_another_module_says_through_which() -> None:
    assert [name for name, other in THROUGH.items() if not has_test(other)] == []


def test_the_list_of_modules_without_a_test_only_gets_shorter() -> None:
    present = {name_of(module) for module in modules()}
    assert sorted(name for name in NOT_YET if has_test(name) or name not in present) == []
