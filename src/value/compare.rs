//! Deep equality and truth, as Go's reflection has them.
