//! The encoder, loaded when somebody first needs it.

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use super::Encoder;

/// The model could not be loaded.
pub type ModelFailure = Box<dyn Error + Send + Sync>;

type Load = dyn Fn() -> Result<Arc<dyn Encoder>, ModelFailure> + Send + Sync;

/// An encoder that is loaded once, by the first who asks: a process that only forwards jobs never pays for
/// it, and one that builds and searches pays once.
///
/// Loading blocks, so it belongs where blocking is allowed.
pub struct LazyEncoder {
    load: Box<Load>,
    loaded: Mutex<Option<Arc<dyn Encoder>>>,
}

impl std::fmt::Debug for LazyEncoder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("LazyEncoder")
    }
}

impl LazyEncoder {
    /// An encoder that `load` loads.
    pub fn new<E: Encoder + 'static>(
        load: impl Fn() -> Result<E, ModelFailure> + Send + Sync + 'static,
    ) -> Self {
        let load = move || load().map(|encoder| Arc::new(encoder) as Arc<dyn Encoder>);
        Self { load: Box::new(load), loaded: Mutex::default() }
    }

    /// The encoder; a failure is not remembered, the next who asks tries again.
    ///
    /// # Errors
    /// What loading gives.
    pub fn get(&self) -> Result<Arc<dyn Encoder>, ModelFailure> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(encoder) = &*loaded {
            return Ok(Arc::clone(encoder));
        }
        let encoder = (self.load)()?;
        *loaded = Some(Arc::clone(&encoder));
        Ok(encoder)
    }
}
