"""One parameter of a command that stands for several options, such as the three ways to give one password."""

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, NamedTuple, get_args


class Several(NamedTuple):
    """What a parameter is annotated with that stands for several options.

    Attributes:
        options: the annotation of each as Typer takes it, and its default, by the name of its parameter.
        collected: given their values in this order, returns what the command gets.
    """

    options: Mapping[str, tuple[Any, object]]
    collected: Callable[..., object]


def spread(command: Callable[..., None]) -> Callable[..., None]:
    """The command as Typer is to see it: in the place of each parameter that stands for several options are these."""
    given: dict[str, inspect.Parameter] = {}
    several: dict[str, Several] = {}
    for name, parameter in inspect.signature(command).parameters.items():
        found = next((each for each in get_args(parameter.annotation) if isinstance(each, Several)), None)
        if found is None:
            given[name] = parameter.replace(kind=parameter.KEYWORD_ONLY)
            continue
        several[name] = found
        for option, (annotation, default) in found.options.items():
            given[option] = inspect.Parameter(option, parameter.KEYWORD_ONLY, annotation=annotation, default=default)

    @wraps(command)
    def run(**values: Any) -> None:
        for name, each in several.items():
            values[name] = each.collected(*[values.pop(option) for option in each.options])
        command(**values)

    run.__signature__ = inspect.Signature(list(given.values()))  # type: ignore[attr-defined]
    run.__annotations__ = {name: parameter.annotation for name, parameter in given.items()}
    return run
