"""OpenSSL with its FIPS provider and no other that has algorithms: that of the Debian of the tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.debian import Debian

_CONFIGURATION: Final = """openssl_conf = all
.include FOLDER/fipsmodule.cnf
[all]
providers = providers
alg_section = algorithms
[providers]
fips = fips_sect
base = base
[base]
activate = 1
[algorithms]
default_properties = fips=yes
"""


@contextmanager
def running(there: Debian) -> Iterator[list[str]]:
    """How to start that openssl; behind it come its arguments."""
    with there.shared() as (outside, inside):
        (module,) = (there.root / "usr" / "lib").glob("*/ossl-modules/fips.so")
        place = Path("/") / module.relative_to(there.root)
        to = ("-out", f"{inside}/fipsmodule.cnf")
        there.run("openssl", "fipsinstall", "-self_test_oninstall", "-module", place, *to)
        (outside / "openssl.cnf").write_text(_CONFIGURATION.replace("FOLDER", inside))
        yield there.command(f"OPENSSL_CONF={inside}/openssl.cnf", "openssl")
