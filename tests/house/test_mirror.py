"""Every module has a test file in its mirror place."""

from tests.support.house import SOURCE, TESTS, modules, shown

WITHOUT = {
    "__init__.py": "a package's front page; what it offers is tested where it is made",
    "gloo/errors.py": "messages are asserted wherever they are raised",
}


def test_every_module_has_its_test_file() -> None:
    missing = []
    for module in modules():
        place = module.relative_to(SOURCE.parent)
        if module.name in WITHOUT or str(place) in WITHOUT:
            continue
        folder = TESTS / place.relative_to("gloo").parent
        if not list(folder.glob(f"test_{module.stem}*.py")):
            missing.append(shown(module))
    assert missing == []
