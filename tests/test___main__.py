import subprocess
import sys

from gloo import __version__


def test_the_module_is_the_command() -> None:
    outcome = subprocess.run([sys.executable, "-m", "gloo", "version"], capture_output=True, text=True, check=True)
    assert __version__ in outcome.stdout
    wrong = subprocess.run([sys.executable, "-m", "gloo", "runn"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 2
    assert "gloo" in wrong.stderr
