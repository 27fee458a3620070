"""What a PEM file is cut into: blocks that hold certificates, and the text around them."""

import re
from typing import Final

from truststore_tool.model import Certificate, Note
from truststore_tool.nouns import noun

LINE_END: Final = re.compile(rb"\r\n|\n|\r")


@noun(eq=False)
class Block(Note):
    """A block of the file that holds certificates.

    Attributes:
        data, start, end: the file, and where in it the block is, from its BEGIN to its END marker.
        certificates: what it holds: one certificate, or those of a PKCS#7 structure.
    """

    data: bytes
    start: int
    end: int
    certificates: tuple[Certificate, ...]

    @property
    def raw(self) -> bytes:
        """The block as it stands in the file."""
        return self.data[self.start : self.end]


@noun(eq=False)
class Layout(Note):
    """A PEM file cut into what holds certificates and what does not.

    Attributes:
        texts: the text before each block, then the text after the last one; always one more than blocks.
        blocks: the certificate blocks in file order.
        newline: the line end that the file uses.
    """

    texts: tuple[bytes, ...]
    blocks: tuple[Block, ...]
    newline: bytes
