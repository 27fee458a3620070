"""A JDK that is installed as a reader: its release decides as that release, its java.security what that configures."""

from truststore_tool.errors import TrustStoreError
from truststore_tool.readers.base import Jdk, UnknownError, Work
from truststore_tool.readers.java import security
from truststore_tool.readers.java.keystores import JavaReader
from truststore_tool.readers.java.loading import parser_for
from truststore_tool.readers.java.releases import Release
from truststore_tool.readers.java.security import Security


def reader(jdk: Jdk, storetype: str | None, work: Work) -> JavaReader:
    """That JDK, told the type of stores, if any.

    Raises FormatError where its file `release` names none, UsageError for a line of Java that nobody has looked at.
    """
    try:
        release = Release.of_file(jdk.release)
    except TrustStoreError as exc:
        raise exc.at(jdk.name) from exc
    try:
        settings: Security | str = security.parse(jdk.security)
    except UnknownError as exc:
        settings = str(exc)
    return JavaReader(release, parser_for(work), storetype, work, settings, jdk.name)
