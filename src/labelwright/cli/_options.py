"""Options of a command from the fields of a settings class, so that they are written down once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypedDict

from cyclopts import Group, Parameter, Token
from pydantic import BaseModel

__all__ = ["options_from", "split_commas"]

# Fields whose option has the name that it has everywhere.
NAMES = {"reader": "format"}


def options_from(
    model: type[BaseModel],
    *,
    groups: Mapping[str, Sequence[str]],
    names: Mapping[str, str] = NAMES,
) -> Any:
    """A type for cyclopts with one option a field; what is parsed holds those that were given.

    Parameters
    ----------
    model : pydantic model
        Its descriptions are the help of the options.
    groups : mapping
        Titles in the help, each with the fields below it; other fields are no options.
    names : mapping
        Options that are not called as their field.

    Examples
    --------
    >>> class Settings(BaseModel):
    ...     votes_file: str = ""
    >>> options_from(Settings, groups={"Votes": ["votes_file"]}).__annotations__
    {'votes_file': typing.Annotated[str, Parameter(...)]}
    """
    options = {}
    for place, (title, fields) in enumerate(groups.items(), 1):
        group = Group(title, sort_key=place)
        for field in fields:
            info = model.model_fields[field]
            parameter = Parameter(
                name=f"--{names[field]}" if field in names else None,
                help=info.description,
                group=group,
                negative=(),
                converter=split_commas if info.annotation == tuple[str, ...] else None,
            )
            options[field] = Annotated[info.annotation, parameter]
    return TypedDict(f"{model.__name__}Options", options, total=False)  # type: ignore[operator]


def split_commas(_: Any, tokens: Sequence[Token]) -> tuple[str, ...]:
    """Several values: by repeating the option or by commas."""
    return tuple(part.strip() for token in tokens for part in token.value.split(","))
