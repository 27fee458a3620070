"""Stores that real programs make for hosts, certificates to bring to them, and what real programs find afterwards."""

import hashlib
import shutil
from pathlib import Path
from typing import Any, Final

from tests.realtools import Jdk, Request, run
from tests.samples import amazon, certificates, own

PASSWORD: Final = "S3cret-of-the-Store!"
OLD_ROOT: Final = own("old-root.pem")
NEW_ROOT: Final = amazon("rds-ca-rsa2048-g1-us-east-1.pem")
OTHER_ROOT: Final = amazon("rds-ca-ecc384-g1-us-east-1.pem")
OLD, NEW, OTHER = (hashlib.sha256(certificates(path)[0].der).hexdigest() for path in (OLD_ROOT, NEW_ROOT, OTHER_ROOT))
MODULE: Final = "truststore.tool.truststore"


def keytool_store(jdk: Jdk, path: Path, *roots: Path, storetype: str = "JKS", password: str = PASSWORD) -> Path:
    """A store made by keytool, with these roots as root0, root1 and so on."""
    for number, root in enumerate(roots or (OLD_ROOT,)):
        run(jdk.keytool, "-importcert", "-noprompt", "-alias", f"root{number}", "-file", root, "-keystore", path,
            "-storetype", storetype, "-storepass", password)  # fmt: skip
    return path


def copied(store: Path, *places: Path) -> None:
    """Copies of a store, in folders made for them."""
    for place in places:
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(store, place)


def task(path: str | Path, *roots: Path, **options: Any) -> dict[str, Any]:
    """A task of the module that adds roots to a store."""
    given = {"path": str(path), "password": PASSWORD, "certificates": [str(root) for root in roots], **options}
    if not {"expect", "trust_unseen", "state"} & set(options):
        given["trust_unseen"] = True
    return {"name": "The roots", MODULE: {name: value for name, value in given.items() if value is not None}}


def trusted(jdk: Jdk, *stores: Path, storetype: str = "JKS", password: str = PASSWORD) -> list[set[str]]:
    """What a JVM trusts by each store, as SHA-256 in hexadecimal digits."""
    views = jdk.read(*(Request(storetype, path, password) for path in stores))
    assert [view.error for view in views] == [None] * len(views)
    return [set(view.trusted) for view in views]
