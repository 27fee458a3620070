"""Short zone names that the JDK has (CLDR) where the time zone database has only an offset."""

from typing import Final

# Zone: (winter, summer).
SHORT_NAMES: Final[dict[str, tuple[str, str]]] = {}
