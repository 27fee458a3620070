"""list, fingerprint, verify, diff, export."""

from pathlib import Path

import pytest

from tests.cli.harness import Tool, at_terminal, process
from tests.samples import RDS_2019_SHA1, RDS_2019_SHA256, amazon, certificates, own

RDS = amazon("rds-ca-2019-root.pem")
G1 = amazon("rds-ca-rsa2048-g1-us-east-1.pem")


@pytest.fixture
def store(tool: Tool) -> Path:
    """A JKS with the old root under rds-root and the new one under g1."""
    assert tool("import", "ks", RDS, "--yes").code == 0
    assert tool("import", "ks", G1, "--yes", "--alias", "g1").code == 0
    return Path("ks")


class TestList:
    def test_a_row_an_entry_and_nothing_else_on_standard_output(self, tool: Tool, store: Path) -> None:
        *lines, last = tool("list", store).out.splitlines()
        rows = [line.split() for line in lines]
        assert [row[0] for row in rows] == ["rds-root", "g1"]
        assert last == "jks, integrity verified: 2 trusted certificates; 1 expired"
        assert rows[0][2:] == ["trusted", RDS_2019_SHA256, "expired", "2024-08-22"]

    def test_a_report_that_goes_out_in_parts_is_whole(self, tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
        whole = [tool("list", option, amazon("rds-global-bundle.pem")).out for option in ("--sha1", "-v")]
        assert [len(text.splitlines()) for text in whole] == [121, 120 * 10 + 1]
        monkeypatch.setattr("truststore_tool.cli.output._BLOCK", 100)
        assert [tool("list", option, amazon("rds-global-bundle.pem")).out for option in ("--sha1", "-v")] == whole

    def test_sha1_and_verbose(self, tool: Tool, store: Path) -> None:
        assert RDS_2019_SHA1 in tool("list", "--sha1", store).out
        verbose = tool("list", "-v", "--alias", "RDS-ROOT", store).out
        for shown in ("trustedCertEntry", "CN=Amazon RDS Root 2019 CA", "c73467369250ae75", RDS_2019_SHA1):
            assert shown in verbose
        assert "g1" not in verbose

    def test_rfc_gives_pem_that_holds_the_certificates(self, tool: Tool, store: Path) -> None:
        Path("out.pem").write_text(tool("list", "--rfc", store).out)
        assert certificates(Path("out.pem")) == certificates(RDS) + certificates(G1)

    def test_without_a_password_it_says_that_nothing_was_checked(
        self, tool: Tool, store: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert tool("list", store).err == ""
        monkeypatch.delenv("TRUSTSTORE_PASSWORD")
        done = tool("list", store)
        assert done.code == 0
        assert "NOT verified" in done.err
        assert done.out.splitlines()[-1] == "jks, integrity NOT verified: 2 trusted certificates; 1 expired"

    def test_a_broken_digest_exits_4(self, tool: Tool, store: Path) -> None:
        data = bytearray(store.read_bytes())
        data[-1] ^= 1
        store.write_bytes(data)
        assert tool("list", store).code == 4

    def test_an_unknown_alias_exits_1(self, tool: Tool, store: Path) -> None:
        assert tool("list", store, "--alias", "nosuch").code == 1

    def test_json(self, tool: Tool, store: Path) -> None:
        report = tool("list", store, "--json").json
        assert (report["format"], report["integrity"]) == ("jks", "verified")
        assert [e["alias"] for e in report["entries"]] == ["rds-root", "g1"]
        assert report["entries"][0]["certificates"][0]["sha1"] == RDS_2019_SHA1

    def test_a_store_on_standard_input(self, store: Path) -> None:
        done = process("list", "-", stdin=store.read_bytes())
        assert done.code == 0
        assert "rds-root" in done.out

    def test_the_password_of_a_jdks_cacerts_is_used_when_asked_for(
        self, tool: Tool, store: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("TRUSTSTORE_PASSWORD")
        done = tool("list", store, "--default-password")
        assert (done.code, done.err) == (0, "")

    def test_what_could_move_the_cursor_is_shown_escaped(self, tool: Tool) -> None:
        assert tool("import", "odd.p12", RDS, "--yes", "--alias", "a\x1b[2Jb\u202ec").code == 0
        out = tool("list", "odd.p12").out
        assert "\x1b" not in out
        assert "\u202e" not in out
        assert "a\\x1b[2Jb\\u202ec" in out


class TestFingerprint:
    def test_the_line_of_openssl_with_file_and_subject(self, tool: Tool) -> None:
        done = tool("fingerprint", RDS, "--algorithm", "sha1")
        assert done.out.startswith(f"SHA1 Fingerprint={RDS_2019_SHA1}  {RDS}  CN=Amazon RDS Root 2019 CA")

    def test_every_certificate_of_every_file_under_every_algorithm(self, tool: Tool) -> None:
        bundle = amazon("rds-global-bundle.pem")
        report = tool("fingerprint", bundle, RDS, "-a", "sha256", "-a", "SHA-1", "--json").json
        found = [(item["algorithm"], item["fingerprint"]) for item in report["fingerprints"]]
        assert len(found) == 2 * (len(certificates(bundle)) + 1)
        assert found[-2:] == [("sha256", RDS_2019_SHA256), ("sha1", RDS_2019_SHA1)]

    def test_an_unknown_algorithm_exits_2(self, tool: Tool) -> None:
        assert tool("fingerprint", RDS, "-a", "crc32").code == 2


class TestVerify:
    def test_present_and_missing(self, tool: Tool, store: Path) -> None:
        assert tool("verify", store, "--expect", RDS_2019_SHA1).code == 0
        missing = str(certificates(own("old-root.pem"))[0].sha256)
        done = tool("verify", store, "--expect", RDS_2019_SHA1, "--expect", missing)
        assert done.code == 1
        assert missing in done.out
        assert "1 present, 1 missing, 1 extra" in done.out

    def test_against_a_file_and_exactly(self, tool: Tool, store: Path) -> None:
        assert tool("verify", store, "--against", RDS, "--against", G1, "--exact").code == 0
        assert tool("verify", store, "--against", RDS).code == 0
        assert tool("verify", store, "--against", RDS, "--exact").code == 1
        assert tool("verify", store, "--against", own("old-root.pem")).code == 1

    def test_integrity_may_be_required(self, tool: Tool, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        command = ("verify", store, "--against", RDS, "--require-integrity")
        assert tool(*command).code == 0
        monkeypatch.delenv("TRUSTSTORE_PASSWORD")
        assert tool(*command).code == 1

    def test_nothing_to_expect_is_a_usage_error(self, tool: Tool, store: Path) -> None:
        assert tool("verify", store).code == 2

    def test_json(self, tool: Tool, store: Path) -> None:
        report = tool("verify", store, "--against", RDS, "--json").json
        assert [i["alias"] for i in report["present"]] == ["rds-root"]
        assert report["missing"] == []
        assert [i["alias"] for i in report["extra"]] == ["g1"]


class TestDiff:
    def test_stores_of_different_formats_with_the_same_certificates_are_the_same(self, tool: Tool, store: Path) -> None:
        Path("both.pem").write_bytes(G1.read_bytes() + RDS.read_bytes())
        assert tool("diff", store, "both.pem").code == 0

    def test_a_difference_exits_1_and_is_named(self, tool: Tool, store: Path) -> None:
        done = tool("diff", store, RDS)
        assert done.code == 1
        assert done.out.splitlines()[0].split()[:3] == ["-", "g1", str(certificates(G1)[0].sha256)]


class TestExport:
    def test_by_alias_to_a_file(self, tool: Tool, store: Path) -> None:
        assert tool("export", store, "--alias", "rds-root", "-o", "root.pem").code == 0
        assert certificates(Path("root.pem")) == certificates(RDS)

    def test_by_fingerprint_as_der(self, tool: Tool, store: Path) -> None:
        assert tool("export", store, "--fingerprint", RDS_2019_SHA1, "--to", "der", "-o", "root.der").code == 0
        assert Path("root.der").read_bytes() == certificates(RDS)[0].der

    def test_all_to_standard_output(self, store: Path) -> None:
        done = process("export", store, "--all", env={"TRUSTSTORE_PASSWORD": "changeit"})
        Path("all.pem").write_text(done.out)
        assert certificates(Path("all.pem")) == certificates(RDS) + certificates(G1)

    def test_another_file_is_not_replaced_unless_told(self, tool: Tool, store: Path) -> None:
        Path("root.pem").write_text("mine")
        command = ("export", store, "--alias", "g1", "-o", "root.pem")
        assert tool(*command).code == 2
        assert Path("root.pem").read_text() == "mine"
        assert tool(*command, "--force").code == 0
        assert certificates(Path("root.pem")) == certificates(G1)
        assert tool(*command).code == 0


class TestEncryptedWithoutAPassword:
    """What an encrypted PKCS#12 holds must not go missing in silence."""

    @pytest.fixture(autouse=True)
    def _store(self, tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
        assert tool("import", "enc.p12", RDS, "--yes").code == 0
        monkeypatch.delenv("TRUSTSTORE_PASSWORD")

    @pytest.mark.parametrize(
        "command",
        [
            ("list", "enc.p12"),
            ("convert", "enc.p12", "-o", "out.pem"),
            ("bundle", "enc.p12", "-o", "out.pem"),
            ("export", "enc.p12", "--all", "-o", "out.pem"),
            ("verify", "enc.p12", "--against", str(RDS)),
            ("verify", str(RDS), "--against", "enc.p12"),
            ("diff", "enc.p12", str(RDS)),
            ("fingerprint", "enc.p12"),
            ("import", "enc.p12", str(G1), "--yes"),
            ("remove", "enc.p12", "--expired"),
        ],
        ids=lambda words: "-".join(words[:2]),
    )
    def test_everything_else_exits_4_and_writes_nothing(self, tool: Tool, command: tuple[str, ...]) -> None:
        before = Path("enc.p12").read_bytes()
        done = tool(*command)
        assert done.code == 4
        assert "password" in done.err
        assert not Path("out.pem").exists()
        assert Path("enc.p12").read_bytes() == before

    def test_a_terminal_is_asked(self, tmp_path: Path) -> None:
        done = at_terminal(["list", "enc.p12"], [("assword for enc.p12", "changeit")], tmp_path)
        assert done.code == 0
        assert "rds-root" in done.out


def test_every_report_has_its_findings_in_one_shape(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = str(amazon("rds-ca-2019-root.pem")), str(own("new-root.pem"))
    made = tool("import", "a.jks", old, new, "--yes", "--json")
    (found,) = made.json["findings"]
    assert (found["rule"], found["level"]) == ("expired", "warning")
    assert found["place"] == {"path": "a.jks", "entry": "amazon-rds-root-2019-ca"}
    assert made.json["warnings"] == [found["message"]]
    assert tool("remove", "a.jks", "--expired", "--dry-run", "--json").json["findings"] == []
    monkeypatch.delenv("TRUSTSTORE_PASSWORD")
    for words in (
        ("list", "a.jks"),
        ("verify", "a.jks", "--against", new),
        ("diff", "a.jks", "a.jks"),
        ("export", "a.jks", "--all", "-o", "all.pem"),
        ("convert", "a.jks", "-o", "b.pem"),
        ("bundle", "a.jks", "-o", "c.pem"),
        ("fingerprint", "a.jks"),
    ):
        done = tool(*words, "--json")
        (found,) = {str(item): item for item in done.json["findings"]}.values()
        assert found.keys() == {"rule", "level", "place", "message", "readers", "fix"}
        assert (found["rule"], found["level"]) == ("integrity-unchecked", "warning")
        assert found["place"] == {"path": "a.jks", "entry": None}
        assert f"warning: a.jks: {found['message']}" in done.err
