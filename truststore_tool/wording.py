"""Words that several rooms put together."""


def counted(number: int, one: str, many: str | None = None) -> str:
    """The number and its noun, e.g. ``"1 file"`` and ``"2 files"``; `many` is a plural that is not made with an s."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"
