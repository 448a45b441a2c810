//! Chroma.
