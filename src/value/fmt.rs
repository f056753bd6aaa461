//! How values print: Go's fmt verbs.
