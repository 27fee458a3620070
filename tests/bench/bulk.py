"""The main job: many certificates at once."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.bench.measure import OURS, Case, Command, Figure, compare, run
from tests.samples import SAMPLES

_BUNDLE: Final = "bundle.pem"
# What Amazon's guide to its certificates has people do for Java: cut the bundle into files, name each entry after its
# subject, and start keytool for each file.
_LOOP: Final = f"""
awk '/-----BEGIN CERTIFICATE-----/ {{ n++ }} {{ print > ("part-" n ".pem") }}' {_BUNDLE}
for part in part-*.pem; do
    name=$(openssl x509 -noout -subject -nameopt multiline -in "$part" | sed -n 's/ *commonName *= //p')
    keytool -importcert -noprompt -storetype %s -keystore %s -storepass:env TRUSTSTORE_PASSWORD \\
        -alias "$name" -file "$part" || exit 1
    rm "$part"
done
"""
_NOBODY: Final = 65534


def measure(runs: int, folder: Path) -> Iterator[Figure]:
    """Amazon's certificates from one PEM into new stores; certifi's into the store of a JDK."""
    shutil.copyfile(SAMPLES / "amazon" / "rds-global-bundle.pem", folder / _BUNDLE)
    yield compare("bulk", _beside_p11kit("ours.jks", _p11kit(folder), 3), runs, folder)
    yield compare("bulk", _beside_p11kit("ours.p12", _p11kit(folder), None), runs, folder)
    for case in (*_merge(folder), _beside_loop("jks", 0.004), _beside_loop("p12", None)):
        yield compare("bulk", case, runs, folder)


def _import(store: str) -> Command:
    return Command((OURS, "import", store, _BUNDLE, "--yes"), {store: None})


def _beside_p11kit(store: str, p11kit: Command, limit: float | None) -> Case:
    return Case(f"120 from PEM into {store[-3:].upper()}", _import(store), p11kit, "p11-kit, JKS", limit)


def _beside_loop(suffix: str, limit: float | None) -> Case:
    kind, theirs = {"jks": "jks", "p12": "pkcs12"}[suffix], f"loop.{suffix}"
    loop = Command(("sh", "-c", _LOOP % (kind, theirs)), {theirs: None})
    return Case(f"120 from PEM into {suffix.upper()}", _import(f"ours.{suffix}"), loop, "keytool, one by one", limit)


def _p11kit(folder: Path) -> Command:
    """p11-kit's extraction of just the bundle's certificates, from a configuration in the scratch folder.

    It reads a user's configuration only for a user who is not root, so root runs it as nobody.
    """
    configuration, out = folder / "config" / "pkcs11", folder / "p11-kit"
    (configuration / "modules").mkdir(parents=True, exist_ok=True)
    out.mkdir(exist_ok=True)
    (configuration / "pkcs11.conf").write_text("user-config: only\n")
    (configuration / "modules" / "bundle.module").write_text(
        f"module: p11-kit-trust.so\ntrust-policy: yes\nx-init-reserved: paths={folder / _BUNDLE}\n"
    )
    user = None
    if os.geteuid() == 0:
        user = _NOBODY
        folder.chmod(0o755)
        os.chown(out, _NOBODY, -1)
    return Command(
        (
            "trust",
            "extract",
            "--format=java-cacerts",
            "--filter=ca-anchors",
            "--purpose=server-auth",
            "p11-kit/out.jks",
        ),
        {"p11-kit/out.jks": None},
        environment={"XDG_CONFIG_HOME": str(folder / "config")},
        user=user,
    )


def _merge(folder: Path) -> Iterator[Case]:
    keytool = shutil.which("keytool")
    if keytool is None:
        return
    shutil.copyfile(Path(keytool).resolve().parents[1] / "lib" / "security" / "cacerts", folder / "kept-cacerts")
    run(Command((OURS, "import", "certifi.jks", "certifi", "--yes"), {"certifi.jks": None}), folder)
    fresh = {"cacerts": "kept-cacerts"}
    words = ("keytool", "-importkeystore", "-noprompt", "-srckeystore", "certifi.jks", "-destkeystore", "cacerts")
    passwords = ("-srcstorepass:env", "TRUSTSTORE_PASSWORD", "-deststorepass:env", "TRUSTSTORE_PASSWORD")
    yield Case(
        "certifi's roots into a JDK's cacerts",
        Command((OURS, "import", "cacerts", "certifi", "--yes"), fresh),
        Command((*words, *passwords), fresh),
        "keytool -importkeystore",
        0.2,
    )
