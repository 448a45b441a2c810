//! A low-dimensional picture of who is near whom.
//!
//! Neighbours become a weighted graph ([`graph`], UMAP's fuzzy simplicial set: McInnes, Healy and Melville 2018,
//! arXiv:1802.03426). Its smoothest functions ([`spectral`]) are the space clusters are made in; for the map, seeded
//! stochastic gradient descent pulls neighbours together and pushes others apart ([`descent`], likewise UMAP's). Seeds and constants are fixed: the same picture every time.

pub(crate) mod descent;
pub(crate) mod graph;
pub(crate) mod spectral;
