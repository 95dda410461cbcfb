"""What a change leads to: findings on the objects that it touched, said at once."""

from collections.abc import Collection
from pathlib import Path

from gloo.cli.findings import findings_of
from gloo.cli.folder import settings_for
from gloo.cli.output import note
from gloo.control_plane.offline import translate_folder
from gloo.control_plane.settings import state_folder
from gloo.translator import Gateway


def tell_findings(folder: Path, refs: Collection[str]) -> None:
    """Write the findings on the objects *refs* to standard error: the change is made, and this is left to mend."""
    state = state_folder(settings_for(str(folder)))
    for finding in findings_of(translate_folder(folder, Gateway(), state), refs):
        note(finding.line(folder))
