"""Options of a command from the fields of a settings class, so that they are written down once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypedDict

from cyclopts import Group, Parameter, Token
from pydantic import BaseModel

__all__ = ["options_from", "split_commas"]


def options_from(
    model: type[BaseModel],
    *,
    groups: Mapping[str, Sequence[str]],
    names: Mapping[str, str],
    leave_out: Sequence[str] = (),
) -> Any:
    """A type for cyclopts with one option a field; what is parsed holds those that were given.

    Parameters
    ----------
    model : pydantic model
        Its descriptions are the help of the options.
    groups : mapping
        Titles in the help, each with the fields below it; other fields stand under the last.
    names : mapping
        Options that are not called as their field.
    leave_out : sequence of str
        Fields that are no options.

    Examples
    --------
    >>> class Settings(BaseModel):
    ...     votes_file: str = ""
    >>> options_from(Settings, groups={"Votes": ["votes_file"]}, names={}).__annotations__
    {'votes_file': typing.Annotated[str, Parameter(...)]}
    """
    titles = {title: Group(title, sort_key=place) for place, title in enumerate(groups, 1)}
    title_of = {field: title for title, fields in groups.items() for field in fields}
    last = list(titles)[-1]
    options = {}
    for field, info in model.model_fields.items():
        if field in leave_out:
            continue
        parameter = Parameter(
            name=f"--{names[field]}" if field in names else None,
            help=info.description,
            group=titles[title_of.get(field, last)],
            negative=(),
            converter=split_commas if info.annotation == tuple[str, ...] else None,
        )
        options[field] = Annotated[info.annotation, parameter]
    return TypedDict(f"{model.__name__}Options", options, total=False)  # type: ignore[operator]


def split_commas(_: Any, tokens: Sequence[Token]) -> tuple[str, ...]:
    """Several values: by repeating the option or by commas."""
    return tuple(part.strip() for token in tokens for part in token.value.split(","))
