"""A Python as the judge of roots: its default TLS client meets a server whose certificate a root has issued."""

import json
import subprocess
from collections.abc import Sequence
from typing import Final, NamedTuple

# Asked with a JSON list of [root, leaf and its key], all in PEM; answers for each what the client says, or null.
_CLIENT: Final = """
import json, ssl, sys, tempfile
def meet(root, pair):
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(pair)
        file.flush()
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(file.name)
    client = ssl.create_default_context(cadata=root)
    one, other = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [client.wrap_bio(one, other, server_hostname="db.example"), server.wrap_bio(other, one, server_side=True)]
    for _ in range(4):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLCertVerificationError as exc:
                return exc.verify_message
print(json.dumps([meet(*case) for case in json.load(sys.stdin)]))
"""


class Met(NamedTuple):
    """A root, and a server's certificate below it with its key, in PEM."""

    root: str
    pair: str


def said(interpreter: Sequence[str], cases: Sequence[Met]) -> list[str | None]:
    """What a Python's client says of each server; None where it is content."""
    done = subprocess.run(
        [*interpreter, "-c", _CLIENT], input=json.dumps(cases), capture_output=True, text=True, check=True
    )
    answers: list[str | None] = json.loads(done.stdout)
    return answers
