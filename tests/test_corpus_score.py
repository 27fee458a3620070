"""The scorer notices what is not as expected: a scorer that never complains proves nothing."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests import corpus_score
from tests.corpus_score import Reading, SeenEntry, misses, read_apart
from tests.realtools import HERE
from tests.test_sample_certs import OWN
from truststore_tool.errors import FormatError

# pytest-xdist's workers have a second thread, which from Python 3.12 on makes every fork a warning.
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")

SHA256 = "1bb99ce8ddb716d73505f0c382894e7de418031e65ad6ec3c3a00eac35d3f39f"  # of own/old-root.pem, as the README has it
ENTRY = {"alias": "a", "type": "trustedCertEntry", "certs": [SHA256], "date": 5}
SEEN = SeenEntry("a", "trustedCertEntry", (SHA256,), 5)
JKS = {"kind": "JKS", "status": "verified", "fuzz": False, "all_certs": [SHA256], "entries": [ENTRY]}
GOOD: dict[str, Any] = {"format": "jks", "integrity": "verified", "entries": (SEEN,), "certificates": (SHA256,)}


def judged(row: dict[str, Any], seconds: float = 0.1, megabytes: float = 50, **reading: Any) -> list[str]:
    return list(misses(row, Reading(seconds, megabytes, **reading), loading_began=1000))


def test_what_is_as_expected_is_met() -> None:
    assert judged(JKS, **GOOD) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"broke": "KeyError: 'x'"},
        {"refused": "FormatError: no"},
        {"seconds": 2.5},
        {"megabytes": 300},
        {"format": "pkcs12"},
        {"integrity": "unchecked"},
        {"integrity": "absent"},
        {"certificates": ()},
        {"certificates": (SHA256, SHA256)},
        {"entries": ()},
        {"entries": (SeenEntry("A", "trustedCertEntry", (SHA256,), 5),)},
        {"entries": (SeenEntry("a", "PrivateKeyEntry", (SHA256,), 5),)},
        {"entries": (SeenEntry("a", "trustedCertEntry", (), 5),)},
        {"entries": (SeenEntry("a", "trustedCertEntry", (SHA256,), 6),)},
        {"entries": (SEEN, SEEN)},
    ],
    ids=str,
)
def test_each_difference_is_a_miss(wrong: dict[str, Any]) -> None:
    assert len(judged(JKS, **(GOOD | wrong))) == 1


def test_java_makes_up_the_dates_of_pkcs12_from_when_it_loads() -> None:
    row = JKS | {"kind": "PKCS12", "entries": [ENTRY | {"date": 1000}]}
    undated = GOOD | {"format": "pkcs12", "entries": (SeenEntry("a", "trustedCertEntry", (SHA256,), None),)}
    assert judged(row, **undated) == []
    assert len(judged(row | {"entries": [ENTRY | {"date": 999}]}, **undated)) == 1
    assert len(judged(JKS, **(GOOD | {"entries": undated["entries"]}))) == 1


def test_java_passes_over_keys_that_are_not_encrypted() -> None:
    key = SeenEntry("1", "PrivateKeyEntry", (SHA256,), None)
    row = JKS | {"kind": "PKCS12", "entries": [], "bags": [{"kind": "key"}, {"kind": "cert"}]}
    seen = GOOD | {"format": "pkcs12", "entries": (key,)}
    assert judged(row, **seen) == []
    assert len(judged(row | {"bags": [{"kind": "cert"}]}, **seen)) == 1
    assert len(judged(row, **(seen | {"entries": (key, key)}))) == 1
    assert len(judged(row, **(seen | {"entries": (SEEN,)}))) == 1


def test_broken_files_may_be_refused_but_not_break() -> None:
    row = {"kind": "PKCS12", "status": "unreadable", "fuzz": True, "all_certs": []}
    assert judged(row, refused="FormatError: no") == []
    assert len(judged(row, broke="RecursionError: deep")) == 1
    assert len(judged(row, seconds=3, refused="FormatError: no")) == 1


def test_a_bad_mac_must_be_refused() -> None:
    row = {"kind": "PKCS12", "status": "unverified", "fuzz": False, "all_certs": [], "mac_must_verify": False}
    assert judged(row, refused="IntegrityError: no") == []
    assert len(judged(row, format="pkcs12", integrity="verified")) == 1
    good = JKS | {"kind": "PKCS12", "mac_must_verify": True}
    assert judged(good, **(GOOD | {"format": "pkcs12"})) == []
    assert len(judged(good, **(GOOD | {"format": "pkcs12", "integrity": "absent"}))) == 1


def test_a_file_is_read_in_a_process_of_its_own() -> None:
    reading = read_apart(OWN / "old-root.pem", None)
    assert (reading.broke, reading.refused, reading.certificates) == (None, None, (SHA256,))
    assert reading.seconds > 0
    assert 1 < reading.megabytes < 1000


def test_a_process_that_hangs_grows_or_breaks_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_: object) -> None:
        time.sleep(600)

    def grow(*_: object) -> None:
        bytearray(corpus_score.ADDRESS_SPACE)

    def refuse(*_: object) -> None:
        raise FormatError("no")

    outcomes = []
    for reader, patience in ((hang, 1), (grow, 60), (refuse, 60)):
        monkeypatch.setattr(corpus_score, "HANGS_AFTER", patience)
        monkeypatch.setattr(corpus_score, "open_store", reader)
        outcomes.append(read_apart(OWN / "old-root.pem", None))
    assert "is a hang" in str(outcomes[0].broke)
    assert "MemoryError" in str(outcomes[1].broke)
    assert (outcomes[2].broke, outcomes[2].refused) == (None, "FormatError: no")


def test_the_exit_code_says_whether_all_is_met(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "one.pem").write_bytes((OWN / "old-root.pem").read_bytes())
    row = {"file": "one.pem", "repo": "r", "path": "p", "kind": "PEM", "status": "readable", "fuzz": False}
    for certificates, code in (([SHA256], 0), ([], 1)):
        (tmp_path / "expected.jsonl").write_text(json.dumps(row | {"all_certs": certificates}) + "\n")
        # A process of its own: the memory of one that has run other tests would be counted.
        command = [sys.executable, "-m", "tests.corpus_score", str(tmp_path)]
        done = subprocess.run(command, cwd=HERE.parent, capture_output=True, text=True)
        assert done.returncode == code, done.stdout
    assert "not met: one.pem (PEM readable, r p): certificates: 0 of 0 absent, 1 extra" in done.stdout
