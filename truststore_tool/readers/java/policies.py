"""Roots that Java trusts only for servers whose certificates were issued in time: its caDistrustPolicies.

Each policy is a class of sun.security.validator; jdk.security.caDistrustPolicies of java.security says which are on.
They look at the day on which the server's certificate was issued, in UTC, and never at the root itself.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

from truststore_tool.model import Certificate
from truststore_tool.nouns import noun
from truststore_tool.readers.base import Evidence
from truststore_tool.readers.java.releases import Feature, measured


@noun
class Policy:
    """A policy.

    Attributes:
        name: as java.security calls it.
        until: the last day on which a server's certificate may have been issued.
        roots: SHA-256 fingerprints of the roots, lower-case hex.
        releases: the releases that have it.
    """

    name: str
    until: date
    roots: frozenset[str]
    releases: Feature


_SOURCE: Final = Evidence("measured", "the classes of 17.0.15 and 25.0.3")
_LINES: Final = measured("java.security of 8u252, 8u504, 11.0.5 to 25.0.3")

POLICIES: Final[tuple[Policy, ...]] = (
    Policy(
        "SYMANTEC_TLS",
        date(2019, 4, 16),
        frozenset(
            {
                "2399561127a57125de8cefea610ddf2fa078b5c8067f4e828290bfb860e84b3c",
                "37d51006c512eaab626421f1ec8c92013fc5f82ae98ee533eb4619b8deb4d06c",
                "3a43e220fe7f3ea9653d1e21742eac2b75c20fd8980305bc502caf8c2d9b41a1",
                "3f9f27d583204b9e09c8a3d2066c4b57d3a2479c3693650880505698105dbce9",
                "4b03f45807ad70f21bfc2cae71c9fde4604c064cf5ffb686bae5dbaad7fdd34c",
                "5edb7ac43b82a06a8761e8d7be4979ebf2611f7dd79bf91c1c6b566a219ed766",
                "69ddd7ea90bb57c93e135dc85ea6fcd5480b603239bdc454fc758b2a26cf7f79",
                "83ce3c1229688a593d485f81973c0f9195431eda37cc5e36430e79c7a888638b",
                "8d722f81a9c113c0791df136a2966db26c950a971db46b4199f4ea54b78bfb9f",
                "9acfab7e43c8d880d06b262a94deeee4b4659989c3d0caf19baf6405e41ab7df",
                "a0459b9f63b22559f5fa5d4c6db3f9f72ff19342033578f073bf1d1b46cbb912",
                "a4310d50af18a6447190372a86afaf8b951ffb431d837f1e5688b45971ed1557",
                "a4b6b3996fc2f306b3fd8681bd63413d8c5009cc4fa329c2ccf0e2fa1b140305",
                "b478b812250df878635c2aa7ec7d155eaa625ee82916e2cd294361886cd1fbd4",
                "eb04cf5eb1f39afa762f2bb120f296cba520c1b97db1589565b81cb9a17b7244",
                "ff856a2d251dcd88d36656f450126798cfabaade40799c722de4d2b5db36a73a",
            }
        ),
        Feature(12, (_SOURCE, _LINES), backports={8: 252, 11: 5}),
    ),
    Policy(
        "ENTRUST_TLS",
        date(2024, 11, 11),
        frozenset(
            {
                "02ed0eb28c14da45165c566791700d6451d7fb56f0b2ab1d3b8eb070e56edff5",
                "0376ab1d54c5f9803ce4b2e201a0ee7eef7b57b636e8a93c9b8d4860c96f5fa7",
                "0a81ec5a929777f145904af38d5d509f66b5e2c58fcdb531058b0e17f3f0b41b",
                "43df5774b03e7fef5fe40d931a7bedf1bb2e6b42738c4e6d3841103d3aa7f339",
                "6dc47172e01cbcb0bf62580d895fe2b8ac9ad4f873801e0c10b9c837d21eb177",
                "70a73f7f376b60074248904534b11482d5bf0e698ecc498df52577ebf2e93b9a",
                "73c176434f1bc6d5adf45b0e76e727287c8de57616c1e6e6141a2b2cbc7d8e4c",
                "bd71fdf6da97e4cf62d1647add2581b07d79adf8397eb4ecba9c5e8488821423",
                "db3517d1f6732a2d5ab97c533ec70779ee3270a62fb4ac4238372460e6f01e88",
            }
        ),
        Feature(25, (_SOURCE, _LINES), backports={8: 504, 17: 15, 21: 8}, lacks={8: 252, 11: 13, 17: 9, 21: 2}),
    ),
    Policy(
        "CAMERFIRMA_TLS",
        date(2025, 4, 15),
        frozenset(
            {
                "063e4afac491dfd332f3089b8542e94617d893d7fe944e10a7937ee29d9693c0",
                "0c258a12a5674aef25f28ba7dcfaeceea348e541e6f5cc4ee63b71b361606ac3",
                "136335439334a7698016a0d324de72284e079d7b5220bb8fbd747816eebebaca",
            }
        ),
        Feature(25, (_SOURCE, _LINES), backports={8: 504, 17: 15, 21: 8}, lacks={8: 252, 11: 13, 17: 9, 21: 2}),
    ),
    Policy(
        "CHUNGHWA_TLS",
        date(2026, 3, 17),
        frozenset(
            {
                "c0a6f4dc63a24bfdcf54ef2a6a082a0a72de35803e2ff5ff527ae5d87206dfd5",
            }
        ),
        Feature(26, (_SOURCE, _LINES), backports={8: 504, 25: 3}, lacks={8: 252, 11: 13, 17: 15, 21: 8, 25: 2}),
    ),
)
_BY_ROOT: Final[Mapping[str, Policy]] = {root: policy for policy in POLICIES for root in policy.roots}


def policy_of(root: Certificate) -> Policy | None:
    """The policy that a root falls under, if any."""
    return _BY_ROOT.get(root.sha256.hex)
