"""The work behind `doctor`: each certificate is parsed once by each kind of parser, whoever asks and how often."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from tests.samples import amazon, certificates
from truststore_tool import formats, stores
from truststore_tool.model import TrustedEntry, TrustStore
from truststore_tool.readers.examining import Subject, examine
from truststore_tool.readers.java import loading, parsing

BUNDLE = tuple(dict.fromkeys(certificates(amazon("rds-global-bundle.pem"))))[:20]


@pytest.mark.parametrize("form", ["jks", "pkcs12"])
def test_each_certificate_is_parsed_once_a_parser(monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    parsed: Counter[int] = Counter()

    def counting(der: bytes, jdk: int) -> object:
        parsed[jdk] += 1
        return real(der, jdk)

    real = parsing._judged
    made = TrustStore(tuple(TrustedEntry(str(number), c) for number, c in enumerate(BUNDLE)), form)
    content = stores.encoded(made, "changeit", ())
    monkeypatch.setattr(parsing, "_judged", counting)
    monkeypatch.setattr(loading, "is_plain", lambda _: False)  # of what every Java takes nothing is parsed
    found = examine(
        Subject("store", content, formats.loads(content, "changeit"), "changeit"), ["all"], datetime.now(UTC)
    )
    assert {seen.anchors for seen in found.readers if seen.name.startswith("java")} <= {len(BUNDLE), 0}
    assert parsed == {17: len(BUNDLE), 25: len(BUNDLE)}
