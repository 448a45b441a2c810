//! What the environment says, and the clients: those of whoever serves the API in the cloud.

pub use graphnode_cloud::{Config, connect};
