"""The options of how a file is written: over itself, where nothing can take its place, and after what wait."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from truststore_tool.cli.options import seconds
from truststore_tool.cli.output import Output
from truststore_tool.cli.several import Several

if TYPE_CHECKING:
    from truststore_tool.files import Manner


class Writing(NamedTuple):
    """What the user said of it."""

    in_place: bool
    journal: Path | None
    lock_timeout: float

    def manner(self, output: Output) -> "Manner":
        """The manner in which files are written, which talks to the user through `output`."""
        from truststore_tool.files import Manner

        return Manner(
            "always" if self.in_place or self.journal else "never", self.journal, self.lock_timeout, output.talk
        )


Overwriting = Annotated[
    Writing,
    Several(
        {
            "in_place": (
                Annotated[
                    bool,
                    typer.Option("--in-place", help="Overwrite the file, as one must be that is mounted by itself."),
                ],
                False,
            ),
            "journal": (
                Annotated[
                    Path | None,
                    typer.Option(
                        "--journal",
                        metavar="DIR",
                        help="For --in-place: where its journal lies meanwhile (default: beside the file).",
                    ),
                ],
                None,
            ),
            "lock_timeout": (
                Annotated[
                    float,
                    typer.Option(
                        "--lock-timeout",
                        metavar="SECONDS",
                        min=0,
                        callback=seconds,
                        help="How long to wait for another writer.",
                    ),
                ],
                30.0,
            ),
        },
        Writing,
    ),
]
