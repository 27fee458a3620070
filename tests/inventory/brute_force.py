"""Every file below some folders, opened as every format there is: what a scan of them must find, and nothing else.

``python -m tests.inventory.brute_force PATH...`` prints both counts and every difference.
"""

import os
import sys
from pathlib import Path

from tests.inventory.test_recall import scanned
from truststore_tool import formats
from truststore_tool.errors import IntegrityError, TrustStoreError

_MOST = 64 << 20


def opened(path: Path) -> bool:
    """Whether any format reads the file, and finds a certificate in it or wants a password."""
    data = path.read_bytes() if path.stat().st_size <= _MOST else b""
    for name in formats.FILE_NAMES:
        codec = formats.get(name)
        if not codec.detect(data):
            continue
        for password in ("changeit", None):
            try:
                store = codec.loads(data, password)
            except IntegrityError:
                if password is None:
                    return True
            except TrustStoreError:
                break
            else:
                signed = name == "pkcs7" and b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04" in data  # messageDigest
                return not signed and bool(store.all_certificates() or name not in ("pem", "pkcs7", "der"))
        break
    return False


def found_by_force(*roots: Path) -> set[str]:
    """The paths of all files below the roots that are stores; links are not followed."""
    found = set()
    for root in roots:
        for where, _, names in os.walk(root):
            for name in names:
                path = Path(where, name)
                if path.is_file() and not path.is_symlink() and opened(path):
                    found.add(str(path))
    return found


def found_by_scan(*roots: Path, jobs: int = 1) -> set[str]:
    """The paths of all stores that a scan finds, but for those inside archives and texts."""
    every = (str(place) for store in scanned(*roots, jobs=jobs).stores for place in store.places)
    return {path for path in every if "!/" not in path}


def main(roots: list[str]) -> int:
    """Compare, and print."""
    paths = [Path(root) for root in roots]
    force, scan = found_by_force(*paths), found_by_scan(*paths, jobs=2)
    sys.stdout.write(f"by force {len(force)}, by scan {len(scan)}, by both {len(force & scan)}\n")
    for path in sorted(force ^ scan):
        sys.stdout.write(f"{'only by force' if path in force else 'only by scan'}: {path}\n")
    return int(force != scan)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
