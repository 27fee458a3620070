"""The report as text: nothing is only counted that somebody must know, and it says what made the exit code."""

from pathlib import Path

from tests.cli.harness import process
from tests.inventory.reporting import certificate
from tests.inventory.trees import pem, tarred
from tests.realtools import find, run
from tests.samples import own


def lines(folder: Path, *more: str | Path) -> list[str]:
    return process("scan", "stores", *more, cwd=folder).out.splitlines()


def entry(told: list[str], first: str) -> list[str]:
    """What is said of a store, by the first of its lines, up to the empty one."""
    rest = told[told.index(first) + 1 :]
    return rest[: rest.index("")] if "" in rest else rest


def test_files_of_one_certificate_are_named_and_what_ends_soon_is_counted(tmp_path: Path) -> None:
    (tmp_path / "stores").mkdir()
    for number, days in enumerate([-2, 10, 20, 400, 500]):
        (tmp_path / "stores" / f"{number}.pem").write_bytes(certificate(f"root {number}", days=days))
    told = lines(tmp_path, "--need", own("new-root.pem"), "--expires-within", "30d")
    assert entry(told, "LACKS: 5 files of one certificate each in stores") == [
        "  0.pem, 1.pem, 2.pem, 3.pem, 4.pem",
        "  1 expired, 2 expire soon",
        "  3 warnings: expired, expires-soon (2)",
    ]
    for number in range(5, 13):
        (tmp_path / "stores" / f"x{number}.pem").write_bytes(certificate(f"root {number}"))
    told = lines(tmp_path, "--need", own("new-root.pem"))
    names = "  0.pem, 1.pem, 2.pem, 3.pem, 4.pem, x10.pem, x11.pem, x12.pem, x5.pem, x6.pem and 3 more"
    assert entry(told, "LACKS: 13 files of one certificate each in stores")[0] == names


def test_files_of_one_certificate_that_the_same_program_reads_are_one_entry(tmp_path: Path) -> None:
    """As Debian has its authorities: update-ca-certificates(8)."""
    folder = "usr/share/ca-certificates/mozilla"
    files = {f"{folder}/{number}.crt": certificate(f"root {number}") for number in range(6)}
    files["etc/curl.conf"] = f"cacert = /{folder}/5.crt\n".encode()
    (tmp_path / "stores").write_bytes(tarred(files))
    told = lines(tmp_path)
    said = entry(told, f"5 files of one certificate each in stores!/{folder}")
    assert said[0] == "  0.crt, 1.crt, 2.crt, 3.crt, 4.crt"
    assert [line.partition(":")[0] for line in said[1:]] == ["  read by update-ca-certificates"]
    assert len([line for line in entry(told, f"stores!/{folder}/5.crt") if line.startswith("  read by ")]) == 2


def test_what_makes_the_exit_code_is_told_in_full(tmp_path: Path) -> None:
    (tmp_path / "stores").mkdir()
    (tmp_path / "stores" / "a.pem").write_bytes(pem("expired-root.pem"))
    assert entry(lines(tmp_path), "stores/a.pem") == ["  pem, 1 anchor, 1 expired", "  1 warning: expired"]
    for fail_on in ("warning", "expired", "note"):
        told = entry(lines(tmp_path, "--fail-on", fail_on), "stores/a.pem")
        assert len(told) == 2
        assert told[1].startswith("  warning: expired: CN=")
    (tmp_path / "stores" / "a.pem").write_bytes(b"".join(certificate(str(number), days=-1) for number in range(8)))
    told = entry(lines(tmp_path, "--fail-on", "warning"), "stores/a.pem")
    assert sum(line.startswith("  warning: expired: CN=") for line in told) == 5
    assert "  and 3 more: expired" in told


def test_what_is_read_comes_first_a_single_certificate_last_and_every_need_is_counted(tmp_path: Path) -> None:
    stores = tmp_path / "stores"
    stores.mkdir()
    (stores / "a.pem").write_bytes(pem() + pem("new-intermediate.pem"))
    (stores / "z.pem").write_bytes(pem() + pem("new-root.pem"))
    (stores / ".curlrc").write_text("cacert = z.pem\n")
    (stores / "0.pem").write_bytes(pem("old-server.pem"))
    asked = ("--need", own("new-root.pem"), "--need", own("new-intermediate.pem"))
    told = lines(tmp_path, *asked)
    assert told[0] == "3 places, 3 stores: 0 have all, 3 lack some"
    assert [line.rpartition(": ")[2] for line in told[1:3]] == ["1 has it, 2 lack it"] * 2
    assert [line[-5:] for line in told if line.startswith("LACKS: ")] == ["z.pem", "a.pem", "0.pem"]


def test_what_a_store_holds_beside_anchors_is_counted(tmp_path: Path) -> None:
    """A PKCS#12 of certificates as openssl writes it, one that openssl distrusts, a JKS that no password proved."""
    stores = tmp_path / "stores"
    stores.mkdir()
    openssl, root = find("openssl"), own("old-root.pem")
    run(openssl, "pkcs12", "-export", "-nokeys", "-in", root, "-out", stores / "a.p12", "-passout", "pass:changeit")
    (stores / "b.pem").write_bytes(run(openssl, "x509", "-in", root, "-addreject", "serverAuth", "-trustout"))
    made = process("convert", root, "--out", stores / "c.jks", env={"TRUSTSTORE_PASSWORD": "of nobody"})
    assert made.code == 0
    told = lines(tmp_path)
    assert entry(told, "stores/a.p12")[0] == "  pkcs12, 0 anchors, 1 certificate without an entry"
    assert entry(told, "stores/b.pem")[0] == "  pem, 0 anchors, 1 distrusted"
    assert entry(told, "stores/c.jks")[0] == "  jks, integrity not proved, 1 anchor"


def test_of_what_is_there_and_not_trusted_it_is_said_as_what_it_is_there(tmp_path: Path) -> None:
    """Certificates as openssl puts them beside a key, into a PKCS#12 without one, and distrusts them."""
    stores = tmp_path / "stores"
    stores.mkdir()
    openssl, root = find("openssl"), own("new-root.pem")
    (stores / "a.pem").write_bytes(run(openssl, "x509", "-in", root, "-addreject", "serverAuth", "-trustout"))
    run(openssl, "pkcs12", "-export", "-nokeys", "-in", root, "-out", stores / "b.p12", "-passout", "pass:changeit")
    key = ("-inkey", own("new-server.key"), "-in", own("new-server.pem"), "-certfile", own("new-chain.pem"))
    run(openssl, "pkcs12", "-export", *key, "-out", tmp_path / "key.p12", "-passout", "pass:changeit")
    made = process(
        *("import", tmp_path / "key.p12", own("old-root.pem"), "--yes"), env={"TRUSTSTORE_PASSWORD": "changeit"}
    )
    assert made.code == 0, made.err
    (tmp_path / "key.p12").rename(stores / "c.p12")
    need = own("new-intermediate.pem")
    told = [line for line in lines(tmp_path, "--need", root) if line.startswith("  missing: ")]
    assert [line.rpartition("), ")[2] for line in told] == [
        "which is in it without an entry",
        "which is in it as distrusted",
    ]
    told = [line for line in lines(tmp_path, "--need", need) if line.startswith("  missing: ")]
    assert [line.rpartition("), ")[2] for line in told] == ["which is in it in the chain of a key"]


def test_a_fingerprint_stands_once(tmp_path: Path) -> None:
    (tmp_path / "stores").mkdir()
    (tmp_path / "stores" / "a.pem").write_bytes(pem())
    said = run(find("openssl"), "x509", "-in", own("new-root.pem"), "-noout", "-fingerprint", "-sha256").decode()
    colons = said.strip().partition("=")[2]
    done = process("scan", tmp_path / "stores", "--need", colons.replace(":", "").lower(), "--report", "junit")
    assert f'name="trusts {colons}"' in done.out
    assert f'message="does not trust {colons}"' in done.out
    assert lines(tmp_path, "--need", colons)[1] == f"needed: SHA256 {colons}"
