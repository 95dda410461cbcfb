"""What counts as the code of a module."""

import os
from pathlib import Path

from gloo.local_functions.code import code_of


def test_code_changes_with_each_python_file_beside_and_below_the_module(tmp_path: Path) -> None:
    module = tmp_path / "a.py"
    module.write_text("1")
    (tmp_path / "below").mkdir()
    first = code_of(module)
    (tmp_path / "below" / "b.py").write_text("1")
    second = code_of(module)
    os.utime(module, ns=(1, 1))
    assert len({first, second, code_of(module)}) == 3


def test_other_files_hidden_folders_and_environments_are_no_code(tmp_path: Path) -> None:
    module = tmp_path / "a.py"
    module.write_text("1")
    before = code_of(module)
    for folder in (".gloo", "__pycache__", "env"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.py").write_text("1")
    (tmp_path / "env" / "pyvenv.cfg").touch()
    (tmp_path / "gloo.yaml").touch()
    assert code_of(module) == before


def test_a_folder_that_is_not_there_has_no_code(tmp_path: Path) -> None:
    assert code_of(tmp_path / "none" / "a.py") == ()
