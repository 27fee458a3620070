"""Damaged stores: a JVM and what is known of it come to the same verdict."""

from tests.readers import mutations
from tests.readers.jvms import Jvm
from truststore_tool.readers.java.releases import Release

NUMBER = 600


def test_a_jvm_makes_of_damaged_stores_what_is_predicted(readers: dict[str, Jvm]) -> None:
    outcome = mutations.compare(readers[max(readers, key=Release.parse)], NUMBER, seed=20)
    assert [item.what for item in outcome.differing] == []
    # Neither are all too damaged to say anything, nor does "unknown" pass for a prediction.
    assert outcome.loading > NUMBER / 20
    assert outcome.unknown < NUMBER / 100
