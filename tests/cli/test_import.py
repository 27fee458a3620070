from pathlib import Path

import pytest

from tests.cli.harness import Tool, at_terminal, process
from tests.samples import RDS_2019_SHA1, RDS_2019_SHA256, amazon, certificates, own
from truststore_tool import open_store

RDS = amazon("rds-ca-2019-root.pem")
G1 = amazon("rds-ca-rsa2048-g1-us-east-1.pem")
BUNDLE = amazon("rds-global-bundle.pem")


@pytest.mark.parametrize("spelling", [RDS_2019_SHA1, RDS_2019_SHA256, RDS_2019_SHA256.replace(":", "").lower()])
def test_the_documented_job(tool: Tool, spelling: str) -> None:
    assert tool("convert", RDS, "-o", "root.der", "--to", "der").code == 0
    assert Path("root.der").read_bytes() == certificates(RDS)[0].der
    done = tool("import", "clientkeystore", "root.der", "--expect", spelling)
    assert done.code == 0
    # the comparison of the documented fourth step
    assert f"SHA1:   {RDS_2019_SHA1} = source" in done.out
    store = open_store("clientkeystore", "changeit")
    assert (store.format, store.integrity) == ("jks", "verified")
    assert [(e.alias, e.certificates) for e in store.entries] == [("rds-root", tuple(certificates(RDS)))]


def test_running_it_again_changes_no_byte(tool: Tool) -> None:
    command = ("import", "ks.p12", RDS, G1, "--yes")
    assert tool(*command).code == 0
    before = (Path("ks.p12").read_bytes(), Path("ks.p12").stat().st_mtime_ns)
    again = tool(*command)
    assert again.code == 0
    assert "0 added, 2 already there" in again.out
    assert (Path("ks.p12").read_bytes(), Path("ks.p12").stat().st_mtime_ns) == before


def test_old_and_new_of_one_alias_are_both_kept(tool: Tool) -> None:
    tool("import", "ks", RDS, "--yes")
    assert tool("import", "ks", G1, "--yes").code == 0
    new = certificates(G1)[0]
    assert [e.alias for e in open_store("ks").entries] == ["rds-root", f"rds-root-{new.sha256.hex[:8]}"]


def test_a_whole_bundle_goes_in_under_different_aliases_whatever_the_order(tool: Tool) -> None:
    every = certificates(BUNDLE)
    reverse = "".join(
        f"-----BEGIN CERTIFICATE-----{b}" for b in BUNDLE.read_text().split("-----BEGIN CERTIFICATE-----")[:0:-1]
    )
    Path("reverse.pem").write_text(reverse)
    assert tool("import", "a.jks", BUNDLE, "--yes").code == 0
    assert tool("import", "b.jks", "reverse.pem", "--yes").code == 0
    a, b = ({e.certificates[0]: e.alias for e in open_store(name).entries} for name in ("a.jks", "b.jks"))
    assert a == b
    assert set(a) == set(every)


def test_a_wrong_fingerprint_writes_nothing_and_exits_1(tool: Tool) -> None:
    done = tool("import", "ks", RDS, G1, "--expect", RDS_2019_SHA1)
    assert done.code == 1
    assert str(certificates(G1)[0].sha256) in done.err
    assert not Path("ks").exists()
    assert list(Path().iterdir()) == []


def test_a_pipe_without_yes_or_expect_is_a_usage_error_with_a_hint(tool: Tool) -> None:
    done = tool("import", "ks", RDS)
    assert (done.code, Path("ks").exists()) == (2, False)
    assert "--expect" in done.err
    assert done.out == ""


def test_a_terminal_is_shown_the_certificate_and_asked_with_no_as_default(tmp_path: Path) -> None:
    (tmp_path / "pw").write_text("changeit\n")
    command: list[str | Path] = ["import", "ks", RDS, "--password-file", "pw"]
    refused = at_terminal(command, [("[y/N]", "")], tmp_path)
    assert refused.code == 1
    for shown in ("Amazon RDS Root 2019 CA", RDS_2019_SHA1, RDS_2019_SHA256, "2019-08-22 to 2024-08-22"):
        assert shown in refused.out
    assert not (tmp_path / "ks").exists()
    assert at_terminal(command, [("[y/N]", "y")], tmp_path).code == 0
    assert len(open_store(tmp_path / "ks", "changeit").entries) == 1


def test_a_terminal_is_asked_twice_for_the_password_of_a_new_store_and_never_shown_it(tmp_path: Path) -> None:
    answers = [("assword", "changeit"), ("assword", "changeit")]
    done = at_terminal(["import", "ks", RDS, "--expect", RDS_2019_SHA1], answers, tmp_path)
    assert done.code == 0
    assert "changeit" not in done.out
    assert open_store(tmp_path / "ks", "changeit").integrity == "verified"


def test_without_any_password_a_new_store_is_refused(tmp_path: Path) -> None:
    done = process("import", "ks", RDS, "--yes", cwd=tmp_path, env={"TRUSTSTORE_PASSWORD": ""})
    assert done.code in (2, 4)
    assert "password" in done.err
    assert not (tmp_path / "ks").exists()


def test_a_wrong_password_exits_4_and_leaves_the_file(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    tool("import", "ks", RDS, "--yes")
    before = Path("ks").read_bytes()
    monkeypatch.setenv("TRUSTSTORE_PASSWORD", "wrong-one")
    done = tool("import", "ks", G1, "--yes")
    assert done.code == 4
    assert "wrong-one" not in done.err
    assert Path("ks").read_bytes() == before


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("store", [], "jks"),
        ("store.jks", [], "jks"),
        ("store.p12", [], "pkcs12"),
        ("store.pfx", [], "pkcs12"),
        ("store.jceks", [], "jceks"),
        ("store.jks", ["--format", "pkcs12"], "pkcs12"),
        ("chain.pem", [], "pem"),
    ],
)
def test_the_format_of_a_new_store(tool: Tool, name: str, arguments: list[str], expected: str) -> None:
    assert tool("import", name, RDS, "--yes", *arguments).code == 0
    store = open_store(name, "changeit")
    assert (store.format, len(store.entries)) == (expected, 1)


def test_dry_run_says_what_it_would_do_and_writes_nothing(tool: Tool) -> None:
    done = tool("import", "ks", RDS, "--dry-run")
    assert done.code == 0
    assert "would add: rds-root" in done.out
    assert done.out.splitlines()[-2:] == ["would add 1, 0 already there", "nothing was written"]
    assert list(Path().iterdir()) == []


def test_backup_keeps_the_file_of_before(tool: Tool) -> None:
    tool("import", "ks", RDS, "--yes")
    before = Path("ks").read_bytes()
    assert tool("import", "ks", G1, "--yes", "--backup").code == 0
    assert Path("ks.bak").read_bytes() == before
    assert len(open_store("ks", "changeit").entries) == 2


def test_sources_of_every_kind(tool: Tool, tmp_path: Path) -> None:
    tool("import", "other.p12", own("new-root.pem"), "--yes")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.pem").write_bytes(own("expired-root.pem").read_bytes())
    done = tool("import", "ks", RDS, "other.p12", folder, "--yes", "--json")
    assert done.code == 0
    assert [item["source"] for item in done.json["items"]] == [str(RDS), "other.p12", str(folder)]


def test_a_source_with_another_password(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTHER", "quite-another")
    assert tool("import", "other.p12", RDS, "--yes", "--password-env", "OTHER").code == 0
    assert tool("import", "ks", "other.p12", "--yes").code == 4
    assert tool("import", "ks", "other.p12", "--yes", "--source-password-env", "OTHER").code == 0
    assert open_store("ks", "changeit").entries[0].certificates == tuple(certificates(RDS))


def test_standard_input_is_a_source(tmp_path: Path) -> None:
    done = process(
        "import", "ks", "-", "--yes", stdin=RDS.read_bytes(), cwd=tmp_path, env={"TRUSTSTORE_PASSWORD": "changeit"}
    )
    assert done.code == 0
    assert open_store(tmp_path / "ks").entries[0].certificates == tuple(certificates(RDS))


def test_certifi_is_a_source(tool: Tool) -> None:
    import certifi

    assert tool("import", "ks.p12", "certifi", "--yes", "-q").code == 0
    assert {e.certificates[0] for e in open_store("ks.p12", "changeit").entries} == set(
        certificates(Path(certifi.where()))
    )


def test_json_reports_each_certificate_and_the_read_back(tool: Tool) -> None:
    report = tool("import", "ks", RDS, "--yes", "--json").json
    assert (report["schema"], report["report"], report["store"]) == (1, "import", "ks")
    (item,) = report["items"]
    assert (item["status"], item["alias"]) == ("added", "rds-root")
    assert item["certificate"]["sha256"] == RDS_2019_SHA256
    assert item["certificate"]["not_after"] == "2024-08-22T17:08:50Z"
    assert report["read_back"][0]["sha1"] == RDS_2019_SHA1


def test_an_expired_certificate_is_imported_with_a_warning(tool: Tool) -> None:
    done = tool("import", "ks", RDS, "--yes")
    assert "expired on 2024-08-22" in done.err
    assert "expired on" not in tool("import", "ks2", RDS, "--yes", "-q").err


@pytest.mark.parametrize("content", [b"", b"garbage", b"-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_a_source_that_is_no_certificate_exits_3_in_one_line(tool: Tool, content: bytes) -> None:
    Path("bad.pem").write_bytes(content)
    done = tool("import", "ks", RDS, "bad.pem", "--yes")
    assert done.code == 3
    assert done.err.startswith("error: bad.pem: ")
    assert not Path("ks").exists()


def test_a_target_that_cannot_be_written_exits_5(tool: Tool) -> None:
    done = tool("import", "nosuch/folder/ks", RDS, "--yes")
    assert done.code == 5
    assert len(done.err.splitlines()) <= 3
