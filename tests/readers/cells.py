"""One cell of the grid: what a reader was seen to make of a store, beside what is predicted."""

from tests.readers.jvms import Answer
from truststore_tool.readers.base import Reading


def _covers(predicted: str, said: str) -> bool:
    """Whether that was meant: the same, or any words of a predicted class, or of EOFException, an IOException too."""
    ended = said.replace("java.io.EOFException", "java.io.IOException")
    return predicted == said or said.startswith(f"{predicted}:") or f"{ended}:".startswith(f"{predicted}:")


def disagreement(answer: Answer, reading: Reading) -> str | None:
    """What is not as predicted; None when all is."""
    if reading.loads is None:
        return f"unknown, but {answer.error or 'loads'}"
    if (reading.error is None) != answer.loads:
        return verdict_differs(answer, reading)
    if reading.error is not None:
        wanted = [text for text in (reading.error, reading.cause) if text is not None]
        for predicted, said in zip(wanted, answer.error, strict=False):
            if not _covers(predicted, said):
                return f"predicted {predicted!r}, but {said!r}"
        return None
    return verdict_differs(answer, reading)


def verdict_differs(answer: Answer, reading: Reading) -> str | None:
    """What is not as predicted of whether the store loads, and of the trust anchors; None when all is."""
    if reading.loads != answer.loads:
        return f"predicted {reading.error or 'loads'} ({reading.cause}), but {answer.error or 'loads'}"
    anchors = sorted(certificate.sha256.hex.lower() for certificate in reading.anchors or ())
    if tuple(anchors) != answer.anchors:
        return f"predicted {len(anchors)} anchors, but {len(answer.anchors)}"
    accepted = {*anchors, *(certificate.sha256.hex.lower() for certificate in reading.leaves or ())}
    if tuple(sorted(accepted)) != answer.accepted:
        return f"predicted {len(accepted)} accepted, but {len(answer.accepted)}"
    return None
