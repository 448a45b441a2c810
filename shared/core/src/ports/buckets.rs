//! The buckets that hold what requests are made of.

use crate::ids::BucketName;

/// The buckets a request may name; there is no way to another one.
#[derive(Debug, Clone)]
pub struct Buckets<O> {
    own: O,
    named: Vec<(BucketName, O)>,
}

impl<O> Buckets<O> {
    /// `own`, called `name`, holds job records, pointers and checkpoints, and everything of requests that name no
    /// bucket; `others` are what else a request may name.
    pub fn new(name: BucketName, own: O, others: impl IntoIterator<Item = (BucketName, O)>) -> Self
    where
        O: Clone,
    {
        let named = std::iter::once((name, own.clone())).chain(others).collect();
        Self { own, named }
    }

    /// `own` alone, which no request can name: for a machine that has one folder.
    pub fn only(own: O) -> Self {
        Self { own, named: Vec::new() }
    }

    /// The bucket of records.
    pub fn own(&self) -> &O {
        &self.own
    }

    /// The bucket a request names; `None` where it may not.
    pub fn get(&self, name: Option<&BucketName>) -> Option<&O> {
        match name {
            None => Some(&self.own),
            Some(name) => self.named.iter().find(|(known, _)| known == name).map(|(_, bucket)| bucket),
        }
    }
}
