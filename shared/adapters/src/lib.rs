//! What GraphNode talks to outside itself, one module a thing.
//!
//! Here are the embedded ones, which make one machine enough: [`folder`] keeps results in a folder,
//! [`exact_index`] searches the vectors of one build by comparing with all of them.

pub mod exact_index;
pub mod folder;
