"""Data sources of functions: where the texts come from that their templates name."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta

from gloo.errors import ConfigError
from gloo.functions.known import ENVIRONMENT_PREFIX, LONGEST_DATA
from gloo.model.artifact import is_artifact_name
from gloo.model.base import Model, exactly_one
from gloo.model.path import format_path


class DataSource(Model, frozen=True, kw_only=True):
    """A text that templates may name: one of the fields says where it is."""

    inline: Annotated[str | None, Meta(description="the text itself, at most 4 KiB")] = None
    filename: Annotated[str | None, Meta(description="a file of such a text, below the folder artifacts")] = None
    environment_variable: Annotated[
        str | None, Meta(description="a variable of Envoy's environment whose name starts with FUNCTION_")
    ] = None

    def __post_init__(self) -> None:
        variable = self.environment_variable
        exactly_one("a data source", inline=self.inline, filename=self.filename, environment_variable=variable)
        if self.filename is not None and not is_artifact_name(self.filename):
            raise ValueError(f"filename {self.filename!r} is no path below the folder artifacts, e.g. legal/terms.txt")
        if variable is not None and not variable.startswith(ENVIRONMENT_PREFIX):
            raise ValueError(
                f"environment_variable {variable!r} is not open to functions, whose variables start with "
                f"{ENVIRONMENT_PREFIX}"
            )


def artifact_fields(sources: Mapping[str, DataSource], at: str) -> dict[str, str]:
    """Return the artifacts that *sources* name, by the field below *at* that does."""
    return {_field(at, key): each.filename for key, each in sources.items() if each.filename is not None}


def with_texts(sources: Mapping[str, DataSource], texts: Mapping[str, str], at: str) -> dict[str, DataSource]:
    """Return *sources* with the *texts* of artifacts in place of their names; raise ConfigError for one too long."""
    return {key: _with_text(each, texts, _field(at, key)) for key, each in sources.items()}


def _field(at: str, key: str) -> str:
    return format_path((at, key, "filename"))


def _with_text(source: DataSource, texts: Mapping[str, str], field: str) -> DataSource:
    if source.filename is None:
        return source
    text = texts[source.filename]
    if (size := len(text.encode())) > LONGEST_DATA:
        problem = f"artifact {source.filename!r} is {size} bytes long"
        raise ConfigError("", field, problem, f"a data source has {LONGEST_DATA} at most")
    return DataSource(inline=text)


def texts_of(sources: Mapping[str, DataSource]) -> dict[str, str]:
    """Return the texts that are known, by the names that templates give them."""
    return {key: each.inline for key, each in sources.items() if each.inline is not None}


def variables_of(sources: Mapping[str, DataSource]) -> dict[str, str]:
    """Return the variables of the environment that are read for each request, likewise."""
    return {key: each.environment_variable for key, each in sources.items() if each.environment_variable is not None}
