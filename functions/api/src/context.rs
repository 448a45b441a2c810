//! What the environment says, and the routes on the clients that follow from it.

pub use graphnode_cloud::{Config, router};
