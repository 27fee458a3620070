"""Roots that builds of the JDK call their own: those whose alias in lib/security/cacerts has " [jdk" in it.

sun.security.util.AnchorCertificates; "jdkCA" in jdk.certpath.disabledAlgorithms. Builds differ: Debian's and some of
Temurin's call none their own. Measured: 11.0.5, 17.0.9, 21.0.2 and 21.0.8 of Eclipse Temurin's builds.
"""

from typing import Final

# The first four octets of the SHA-256 of each: enough, as what they mean is "not judged".
OWN_ROOTS: Final = frozenset(
    bytes.fromhex(
        "018e13f002bdf96e02ed0eb20376ab1d0552e6f8063e4afa068726030753e94008170d1a0a81ec5a0c258a120c2cd63d11437cda"
        "125609aa136335431465fa2016af57a91793927a179fbc1418ce6cfe18f1fc7f1ba5b2aa22a2c1f723995611242b697424a55c2a"
        "2530cc8e2cabeafe2ce1cb0b2e44102a2e7bf16c2ffb7f8130d0895a30fbba2c31ad66483417bb06349dfa4034d8a73e358df39d"
        "371a00dc37d510063a43e2203b222e563c5f81fe3e9099b53f034bb53f63bb283f99cc473f9f27d540f6af034200f5044210f199"
        "4348a0e943df577444b545aa45140b3246edc36849e7a4424b009c104b03f4584fa3126d4ff460d5513b2cec52f0e1c4552f7bdc"
        "554153b15590385955926084568d6905574df693578af4de57de0583597690075a2fc03f5a885db15c58468d5cc3d78e5d56499b"
        "5edb7ac462dd0be9657cfe2f687fa45169729b8e69ddd7ea6b3280856b9c08e86c61dac36dc4717270a73f7f73c176437431e5f4"
        "77b82cd87908b4037bb647a67d05ebb67e37cb8b8095210881a9088e83ce3c128560f91c85666a5685a0dd7d86a1ecba88ef81de"
        "88f438dc8a71de658a866fd18c7209278d25cd978d722f818e8221b28ecde6888faf7d2e8fe4fb0a91e2f578945bbc8296bcec06"
        "975520159a1140259a296a519a6ec0129acfab7e9bea11c9a040929aa0459b9fa1339d33a1b2dbeba4310d50a45ede3ba4b6b399"
        "b085d70bb2fae53eb4585f22b478b812b676f2edbc4d809bbd71fdf6be4b56cbbe6c4da2beb00b30bec94911bef256dabf0feefb"
        "bfd88fe1bfff8fd0c0a6f4dcc32ffd9fc3846bf2c741f70fc90f26f0ca42dd41cb3ccbb7cb6b05d9cbb522d7cbb9c44dcecddc90"
        "d40e9c86d43af9b3d48d3d23d7a7a0fbd8e0febcd947432ad95d0e8edb3517d1dd6936fee0d3226ae23d4a03e35d2841e3b6a2db"
        "e59aaa81e74fbda5e75e72ede778f0f0e793c9b0eaa962c4eb04cf5eebc5570cebd41040edf7ebbceec5496befc65cadf015ce3c"
        "f1c1b50af356bea2f3896f88fb8fec75fd73dad3fe769657ff856a2dffe943d7"
    )[at : at + 4]
    for at in range(0, 760, 4)
)
