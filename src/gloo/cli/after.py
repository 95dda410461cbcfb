"""What a change leads to: findings on the objects that it touched, said at once."""

from collections.abc import Collection
from pathlib import Path

from gloo.cli.findings import findings_of
from gloo.cli.output import note
from gloo.control_plane.offline import translate_settings
from gloo.control_plane.settings import Settings


def tell_findings(settings: Settings, refs: Collection[str]) -> None:
    """Write the findings on the objects *refs* to standard error: the change is made, and this is left to mend."""
    for finding in findings_of(translate_settings(settings), refs):
        note(finding.text(Path(settings.dir)))
