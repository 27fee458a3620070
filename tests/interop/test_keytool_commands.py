"""keytool's commands: what they print, ask, refuse and leave behind, beside the JDK's own tool."""

from pathlib import Path

import pytest

from tests.interop.keytool_pair import Case, compare, make_folder
from tests.realtools import Jdk

S = "-storepass changeit"
CUT = (1, 3, 50, 700, -90, -1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, jdk: Jdk) -> Path:
    """Certificates and stores, made by the JDK."""
    made = tmp_path_factory.mktemp("keytool")
    make_folder(made, jdk)
    whole = (made / "s.pkcs12").read_bytes()
    for size in CUT:
        (made / f"cut{size}.pkcs12").write_bytes(whole[:size])
    return made


IMPORTING = [
    Case(f"-importcert -noprompt -alias Three -file three.pem -keystore s.jks {S}"),
    Case(f"-import -alias three -file one.der -keystore new.p12 {S}", "yes\n"),
    Case(f"-importcert -alias three -file md5.pem -keystore s.jks {S}", "no\n", varies=True),
    Case(f"-importcert -alias ONE -file three.pem -keystore s.pkcs12 {S}"),
    Case(f"-importcert -alias again -file one.pem -keystore s.pkcs12 {S}", "maybe\nyes\n"),
    Case("-importcert -noprompt -file both.pem -keystore new.jks", "abc\nchangeit\nchangeit\n"),
    Case("-importcert -file three.pem -keystore s.jceks -storetype jceks", "changeit\nyes\n"),
    Case(f"-importcert -noprompt -file three.pem -keystore nowhere/new {S} -v"),
    Case(f"-importcert -noprompt -file garbage.pem -keystore s.jks {S}"),
    Case("-importcert -noprompt -file three.pem -keystore s.pkcs12 -storepass wrongpw -v"),
    Case("-importcert -noprompt -file three.pem -keystore n.p12 -J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE "
         "-J-Dkeystore.pkcs12.macAlgorithm=NONE && -list -keystore n.p12"),
    Case(f"-importcert -alias root -noprompt -file root.pem -keystore n.p12 {S} && "
         f"-importcert -alias middle -file intermediate.pem -keystore n.p12 {S} && "
         f"-importcert -alias leaf -file leaf.pem -keystore n.p12 {S}"),
]  # fmt: skip

READING = [
    Case(f"-list -keystore k.jks {S}"),
    Case(f"-list -v -keystore k.pkcs12 {S}"),
    Case(f"-list -rfc -keystore s.jceks {S}", varies=True),
    Case("-list -keystore s.jks", "\n"),
    Case("-list -keystore k.pkcs12", "", varies=True),
    Case(f"-list -alias TWO -v -keystore s.jks {S}"),
    Case("-list -keystore s.jks -storepass:env THE_PASSWORD", environment={"THE_PASSWORD": "changeit"}),
    Case("-list -keystore s.jks -storepass:file password"),
    Case(f"-list -storetype pkcs12 -keystore s.jks {S}"),
    Case(f"-list -alias nobody -keystore s.jks {S}"),
    *(Case(f"-list -keystore cut{size}.pkcs12 {S}") for size in CUT),
    Case(f"-importcert -noprompt -alias x -file one.pem -keystore cut700.pkcs12 {S}"),
    Case("-list -keystore s.jks -protected"),
    Case(f"-exportcert -alias one -rfc -keystore s.jks {S} -file out.pem", varies=True),
    Case(f"-export -alias key -keystore k.jceks {S} -file out.der"),
    Case(f"-exportcert -alias nobody -keystore s.jks {S} -file out.der"),
    Case("-printcert -file both.pem"),
    Case("-printcert -rfc -file one.der", varies=True),
    Case("-printcert -file garbage.pem -v"),
    Case(f"-printcert -file one.pem -keystore s.jks {S}"),
]

CHANGING = [
    Case(f"-delete -alias one -keystore s.jks {S} -v"),
    Case("-delete -alias TWO -keystore s.pkcs12", "changeit\n"),
    Case(f"-delete -alias nobody -keystore s.jceks {S}"),
    Case(f"-delete -alias key -keystore k.pkcs12 {S}"),
    Case(f"-changealias -alias one -destalias Uno -keystore s.jks {S}"),
    Case(f"-changealias -alias key -destalias lock -keystore k.pkcs12 {S}"),
    Case(f"-changealias -alias one -destalias TWO -keystore s.jks {S}"),
    Case(f"-changealias -alias one -keystore s.jks {S}", "uno\n"),
    Case(f"-storepasswd -new newpass1 -keystore s.jks {S}"),
    Case("-storepasswd -keystore k.pkcs12", "changeit\nshort\nnewpass1\nnewpass1\n"),
    Case(f"-storepasswd -keystore s.jceks {S}", "a\nb\nc\n", varies=True),
]

# The second command opens the key, or does not.
RENAMED = f"&& -changealias -alias key -destalias k2 {S} -keystore"
KEYS = [
    Case(f"-keypasswd -alias KEY -new newpass1 -keystore k.jks {S} -v {RENAMED} k.jks -keypass newpass1"),
    Case(f"-keypasswd -alias key -new newpass1 -keystore k.jceks {S} {RENAMED} k.jceks -keypass newpass1"),
    Case(f"-keypasswd -alias key -new newpass1 -keystore k.jks {S} {RENAMED} k.jks -keypass changeit"),
    Case(f"-keypasswd -alias key -keystore k.jks {S}", "changeit\nshort\nnewpass1\nother\nnewpass1\nnewpass1\n"),
    Case(f"-keypasswd -alias key -keystore k.jks {S}", "", varies=True),
    Case("-keypasswd -alias key -new newpass1 -keystore k.jceks", "changeit\n"),
    Case(f"-keypasswd -alias one -new newpass1 -keystore k.jks {S}"),
    Case(f"-keypasswd -alias nobody -new newpass1 -keystore k.jks {S}"),
    Case(f"-keypasswd -new newpass1 -keystore s.jks {S}"),
    Case(f"-keypasswd -alias key -new newpass1 -keystore k.pkcs12 {S}"),
    Case(f"-keypasswd -alias key -new newpass1 -storetype pkcs12 -keystore k.jks {S}"),
    Case(f"-keypasswd -alias key -keypass wrongpw -new newpass1 -keystore k.jks {S}"),
    Case(f"-keypasswd -alias key -new short -keystore k.jks {S}"),
    Case("-keypasswd -alias key -new newpass1 -keystore k.jks -storepass wrongpw"),
    Case(f"-keypasswd -alias key -new newpass1 -keystore nowhere {S}"),
    Case("-keypasswd -help"),
]

SHA1 = f"-importcert -noprompt -alias r -file sha1.pem -storetype jks {S} -keystore"
ONE_MORE = ("-importkeystore -noprompt -srckeystore a.jks -destkeystore b.jks -deststoretype jks "
            "-srcstorepass changeit -deststorepass changeit -srcalias r -destalias x")  # fmt: skip
MOVING = [
    Case(f"{SHA1} a.jks && {SHA1} b.jks && {ONE_MORE}"),  # the destination trusts it already
    Case(f"{SHA1} a.jks && {ONE_MORE}"),
    Case("-importkeystore -srckeystore s.jks -destkeystore n.p12 -srcstorepass changeit -deststorepass changeit"),
    Case("-importkeystore -srckeystore k.pkcs12 -destkeystore n.jks -deststoretype jks -srcstorepass changeit "
         "-deststorepass changeit"),
    Case("-importkeystore -srckeystore k.jks -destkeystore n.jceks -deststoretype jceks", "changeit\n" * 3),
    Case("-importkeystore -srckeystore s.jks -srcalias one -destalias Uno -destkeystore s.pkcs12 "
         "-srcstorepass changeit -deststorepass changeit"),
    Case("-importkeystore -noprompt -srckeystore s.jks -destkeystore s.pkcs12 -srcstorepass changeit "
         "-deststorepass changeit"),
    Case("-importkeystore -srckeystore s.jks -srcalias one -destkeystore s.pkcs12 -srcstorepass changeit "
         "-deststorepass changeit", "no\n"),
    Case("-importkeystore -srckeystore k.jks -destkeystore k.jks -deststoretype pkcs12 -srcstorepass changeit"),
    Case("-importkeystore -srckeystore s.jks -destkeystore s.jks -deststoretype jks", "changeit\n"),
    Case("-importkeystore -srckeystore s.jks -destkeystore n.p12 -deststorepass changeit", "\n", varies=True),
    Case("-importkeystore -srckeystore nowhere -destkeystore n.p12 -deststorepass changeit -srcstorepass changeit"),
]  # fmt: skip

REFUSING = [
    Case(""),
    Case("-help", varies=True),
    Case("-importcert -help"),
    Case("-list -bogus"),
    Case("-list -alias"),
    Case("-list -storepass:env NO_SUCH_VARIABLE"),
    Case("-list -importcert", varies=True),
    Case("-v"),
    Case("-list -v -rfc -keystore s.jks"),
    Case("-version", varies=True),
    Case("-list -keystore empty"),
    Case("-list -keystore folder"),
    Case(f"-list -keystore garbage.pem {S}"),
    Case(f"-list -storetype FOO -keystore s.jks {S}"),
    Case(f"-list -storetype JKS -keystore s.jceks {S}"),
    Case(f"-list -addprovider Foo -keystore s.jks {S}"),
    Case(f"-list -cacerts -keystore s.jks {S}"),
    Case(f"-list -alias one -alias two -keystore s.jks {S}"),
]


@pytest.mark.parametrize(
    "cases",
    [IMPORTING, READING, CHANGING, KEYS, MOVING, REFUSING],
    ids=["importing", "reading", "changing", "keys", "moving", "refusing"],
)
def test_commands_do_as_the_jdks_keytool_does(jdks: list[Jdk], folder: Path, tmp_path: Path, cases: list[Case]) -> None:
    for number, jdk in enumerate(jdks):
        scratch = tmp_path / str(number)
        scratch.mkdir()
        asked = cases if number == 0 else [case for case in cases if case.varies]
        assert compare(jdk, folder, scratch, asked) == []
