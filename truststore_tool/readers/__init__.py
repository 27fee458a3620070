"""How the programs that read a store see it: pure data and rules, each with its evidence."""

from truststore_tool.readers.base import Reader


def named(name: str, form: str | None = None, work: dict[object, bytes | None] | None = None) -> Reader:
    """The reader called `name`, such as ``java17`` or ``java8u252``, told that stores are of the format called `form`.

    Readers that share `work` derive the keys of a store once. Raises UsageError for a name that no reader has.
    """
    from truststore_tool.readers.java.keystores import JavaReader
    from truststore_tool.readers.java.loading import parser
    from truststore_tool.readers.java.parsing import why_refused
    from truststore_tool.readers.java.releases import Release

    kind = "JCEKS" if form == "jceks" else None
    return JavaReader(Release.parse(name), parser(why_refused), kind, {} if work is None else work)
