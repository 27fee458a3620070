"""keytool of JAVA_HOME, of PATH, and of the JDKs that are named as readers."""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from truststore_tool import readers
from truststore_tool.cli import jdks
from truststore_tool.cli.measuring.base import VARIABLE, NoAnswerError, Program, Store, place, run, shown
from truststore_tool.errors import TrustStoreError
from truststore_tool.readers.base import Asked, Jdk
from truststore_tool.readers.java.keystores import JavaReader
from truststore_tool.readers.measured import Answer, Unmeasured, Way

_ERROR: Final = re.compile(r"^keytool error: (.*)$", re.MULTILINE)


def javas(store: Store, asked: Sequence[Asked], lost: list[Unmeasured]) -> Iterator[Program]:
    """Of JAVA_HOME, of PATH, and of the JDKs that are named as readers; each once."""
    homes: dict[Path, Jdk | None] = {}
    if named := os.environ.get("JAVA_HOME"):
        homes[Path(named).resolve()] = None
    if on_path := place("keytool"):
        homes.setdefault(on_path.parent.parent, None)
    for item in asked:
        if isinstance(item, Jdk):
            homes[Path(item.name.removeprefix(jdks.PREFIX)).expanduser().resolve()] = item
    if not homes:
        lost.append(Unmeasured("keytool", "there is none on PATH, and JAVA_HOME is not set"))
    for home, jdk in homes.items():
        program = home / "bin" / "keytool"
        try:
            reader = readers.named(jdk or jdks.installed(f"{jdks.PREFIX}{home}"), store.form)
        except TrustStoreError as exc:
            lost.append(Unmeasured(str(program), exc.message))
            continue
        assert isinstance(reader, JavaReader)  # noqa: S101 -- it was made of a JDK
        yield Program(f"{program} ({reader.release})", reader, _Keytool(program, reader).ask)


class _Keytool(NamedTuple):
    path: Path
    reader: JavaReader

    def ask(self, store: Store, way: Way) -> Answer:
        """keytool -list; without a password its question is answered with an empty line."""
        told = ("-storetype", self.reader.told) if self.reader.told else ()
        words = ["-J-Duser.language=en", "-list", "-rfc", "-keystore", store.path, *told]
        secret = store.secret(way)
        if secret is None:
            done = run(self.path, *words, stdin=b"\n")
        else:
            done = run(self.path, *words, "-storepass:env", VARIABLE, variables={VARIABLE: secret})
        text = done.stdout.decode("utf-8", "replace")
        if done.returncode:
            said = _ERROR.search(text)
            if said is None:
                raise NoAnswerError(f"it ended with code {done.returncode}, and says no error of keytool")
            return Answer(False, said[1])
        if b"Your keystore contains " not in done.stdout:
            raise NoAnswerError("it does not list the store as keytool does")
        entries = re.split(rb"^Alias name: ", done.stdout, flags=re.MULTILINE)[1:]
        return Answer(True, shown=shown(b"".join(e for e in entries if b"\nEntry type: trustedCertEntry" in e)))
