"""One file per schema revision, in order. A revision that was released is never edited."""
