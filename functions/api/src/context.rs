//! What the environment says, and the routes on the clients that follow from it.

pub use graphnode_cloud::{Config, router};

#[cfg(test)]
mod tests {
    use graphnode_testkit::variables::assert_reads;

    use super::*;

    #[test]
    fn the_template_sets_what_is_read() {
        assert_reads("api", |environment| Config::from_environment(environment).unwrap());
    }
}
