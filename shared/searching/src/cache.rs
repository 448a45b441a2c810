//! What was loaded and may be needed again, within so many bytes.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OnceCell;

/// Values by key, the least recently used of which go when there are too many bytes. For what never changes: nothing
/// is loaded anew while it is here.
///
/// Invariant: after every [`Cache::get`] the values kept have at most `most_bytes` together.
#[derive(Debug)]
pub(crate) struct Cache<K, T> {
    most_bytes: usize,
    slots: Mutex<Slots<K, T>>,
}

#[derive(Debug)]
struct Slots<K, T> {
    by_key: HashMap<K, Slot<T>>,
    uses: u64,
}

#[derive(Debug)]
struct Slot<T> {
    cell: Arc<OnceCell<Held<T>>>,
    last_use: u64,
}

#[derive(Debug)]
struct Held<T> {
    value: Arc<T>,
    bytes: usize,
}

impl<K: Eq + Hash + Clone, T> Cache<K, T> {
    /// An empty one.
    pub(crate) fn new(most_bytes: usize) -> Self {
        Self { most_bytes, slots: Mutex::new(Slots { by_key: HashMap::new(), uses: 0 }) }
    }

    /// The value of `key`: the one that is here, the one somebody is loading already, or what `load` yields with its size in
    /// bytes. One that is larger than all of the cache is not kept; neither is a failure.
    pub(crate) async fn get<E>(
        &self,
        key: K,
        load: impl Future<Output = Result<(T, usize), E>>,
    ) -> Result<Arc<T>, E> {
        let cell = self.cell(key);
        let loaded = cell.get_or_try_init(|| async {
            let (value, bytes) = load.await?;
            Ok(Held { value: Arc::new(value), bytes })
        });
        let value = loaded.await.map(|held| Arc::clone(&held.value));
        // First, or it would look as if somebody waited for it.
        drop(cell);
        self.trim();
        value
    }

    fn slots(&self) -> MutexGuard<'_, Slots<K, T>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cell(&self, key: K) -> Arc<OnceCell<Held<T>>> {
        let mut slots = self.slots();
        slots.uses += 1;
        let last_use = slots.uses;
        let slot = slots.by_key.entry(key).or_insert_with(|| Slot { cell: Arc::default(), last_use });
        slot.last_use = last_use;
        Arc::clone(&slot.cell)
    }

    /// Lets go of what is too large for the cache, of what failed or was given up with nobody waiting for it, and then of
    /// what was used least recently.
    fn trim(&self) {
        let mut slots = self.slots();
        slots.by_key.retain(|_, slot| match slot.cell.get() {
            Some(held) => held.bytes <= self.most_bytes,
            None => Arc::strong_count(&slot.cell) > 1,
        });
        while slots.by_key.values().map(Slot::bytes).sum::<usize>() > self.most_bytes {
            let loaded = slots.by_key.iter().filter(|(_, slot)| slot.cell.initialized());
            let Some(oldest) = loaded.min_by_key(|(_, slot)| slot.last_use).map(|(key, _)| key.clone())
            else {
                return;
            };
            slots.by_key.remove(&oldest);
        }
    }
}

impl<T> Slot<T> {
    fn bytes(&self) -> usize {
        self.cell.get().map_or(0, |held| held.bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Loads whatever is asked for, and counts.
    #[derive(Default)]
    struct Loads(AtomicUsize);

    impl Loads {
        async fn get(&self, cache: &Cache<&'static str, usize>, key: &'static str, bytes: usize) -> usize {
            let load = async {
                tokio::task::yield_now().await;
                Ok::<_, ()>((self.0.fetch_add(1, Ordering::Relaxed), bytes))
            };
            *cache.get(key, load).await.unwrap()
        }

        fn count(&self) -> usize {
            self.0.load(Ordering::Relaxed)
        }
    }

    fn kept(cache: &Cache<&'static str, usize>) -> Vec<&'static str> {
        let mut keys: Vec<_> = cache.slots().by_key.keys().copied().collect();
        keys.sort_unstable();
        keys
    }

    #[tokio::test]
    async fn several_who_want_the_same_load_it_once() {
        let (cache, loads) = (Cache::new(100), Loads::default());
        tokio::join!(loads.get(&cache, "a", 10), loads.get(&cache, "a", 10), loads.get(&cache, "b", 10));
        loads.get(&cache, "a", 10).await;
        assert_eq!(loads.count(), 2);
    }

    #[tokio::test]
    async fn the_least_recently_used_goes() {
        let (cache, loads) = (Cache::new(100), Loads::default());
        for key in ["a", "b", "a", "c"] {
            loads.get(&cache, key, 40).await;
        }
        assert_eq!(kept(&cache), ["a", "c"]);
    }

    #[tokio::test]
    async fn what_is_too_large_is_used_and_drives_nothing_out() {
        let (cache, loads) = (Cache::new(100), Loads::default());
        loads.get(&cache, "a", 100).await;
        assert_eq!(loads.get(&cache, "large", 101).await, 1);
        assert_eq!(kept(&cache), ["a"]);
    }

    #[tokio::test]
    async fn a_failure_is_not_remembered_and_leaves_nothing() {
        let (cache, loads) = (Cache::new(100), Loads::default());
        assert_eq!(cache.get("a", async { Err::<(usize, usize), _>("no") }).await, Err("no"));
        assert!(kept(&cache).is_empty());
        loads.get(&cache, "a", 1).await;
        assert_eq!(kept(&cache), ["a"]);
    }

    #[tokio::test]
    async fn whoever_waits_goes_on_when_the_first_is_given_up() {
        let (cache, loads) = (Arc::new(Cache::new(100)), Loads::default());
        let first = Arc::clone(&cache);
        let never = std::future::pending::<Result<(usize, usize), ()>>();
        let first = tokio::spawn(async move { first.get("a", never).await });
        tokio::task::yield_now().await;
        let given_up = async {
            tokio::task::yield_now().await;
            first.abort();
        };
        tokio::join!(loads.get(&cache, "a", 1), given_up);
        assert_eq!((loads.count(), kept(&cache)), (1, vec!["a"]));
    }
}
