"""The order of java.util.Hashtable, measured on OpenJDK 17."""

from truststore_tool.shims.java.hashtable import enumeration_order, string_hash

# Thirty keys and two that are not ASCII: the table has grown twice.
ORDER = [
    "alias-29", "alias-5", "alias-28", "alias-4", "zürich", "alias-27", "alias-3", "alias-26", "alias-2",
    "alias-25", "alias-1", "alias-24", "alias-0", "alias-23", "alias-22", "alias-21", "alias-20", "alias-19",
    "alias-18", "alias-17", "\U0001f600", "alias-16", "alias-15", "alias-14", "alias-13", "alias-12", "alias-11",
    "alias-10", "alias-9", "alias-8", "alias-7", "alias-6",
]  # fmt: skip


def test_keys_come_in_java_order() -> None:
    keys = [*(f"alias-{i}" for i in range(30)), "zürich", "\U0001f600"]
    assert enumeration_order(keys) == ORDER


def test_hash_codes_are_java_s() -> None:
    assert string_hash("alias-7") == -914536454 & 0xFFFFFFFF
    assert string_hash("\U0001f600") == 1772899
    assert string_hash("polygenelubricants") == 0x80000000
    assert string_hash("") == 0
