//! The stages from a chat export to a knowledge graph.
//!
//! `import → clean → digest → embed → keywords → neighbours → clusters → names → edges → layout → summary`,
//! put together by [`job::process_job`]. Every stage is a pure, synchronous function: it gets its input, its
//! parameters and where it matters a seed, and gives the same output for the same input, whatever the number of
//! threads. Nothing here does I/O of its own, knows a model, or knows where results are kept.

mod assemble;
pub mod clean;
mod clusters;
mod describe;
mod digest;
mod edges;
mod embed;
mod holders;
pub mod import;
pub mod job;
mod keywords;
mod latent;
pub mod layout;
mod lexical;
mod linear;
mod manifold;
mod names;
pub mod neighbours;
mod product;
mod quality;
mod random;
pub mod search;
mod space;
mod sparse;
pub mod summary;
mod words;
