//! What runs beside the HTTP server: the worker, one job at a time, and the indexer.
//!
//! Both are started again should they panic. What they were at comes back by itself: a message when its visibility ends,
//! a job when its lease does.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use graphnode_adapters::embedded::{ExactVectors, FolderObjects, LocalQueue};
use graphnode_core::clock::SystemClock;
use graphnode_core::ports::NoLauncher;
use graphnode_indexing::Indexer;
use graphnode_jobs::{DrainSettings, Service, Shift, StopSignal};
use tokio::task::JoinHandle;

use super::indexing;

/// The way of a job on one machine.
pub(super) type Jobs = Service<FolderObjects, LocalQueue, NoLauncher, SystemClock>;
/// What puts finished jobs into the index of one machine.
pub(super) type LocalIndexer = Indexer<FolderObjects, ExactVectors, SystemClock>;

/// The running worker and indexer.
#[derive(Debug)]
pub(super) struct Background {
    worker: JoinHandle<()>,
    indexer: JoinHandle<()>,
    stop: StopSignal,
}

impl Background {
    /// Starts both.
    pub(super) fn start(jobs: &Arc<Jobs>, indexer: LocalIndexer) -> Self {
        let stop = StopSignal::default();
        let (results, indexer) = (jobs.results.clone(), Arc::new(indexer));
        let (jobs, stop_worker) = (Arc::clone(jobs), stop.clone());
        Self {
            worker: supervise("worker", move || work(Arc::clone(&jobs), stop_worker.clone())),
            indexer: supervise("indexer", move || {
                let (results, indexer) = (results.clone(), Arc::clone(&indexer));
                async move {
                    let never: Infallible = indexing::run(&results, &indexer).await;
                    match never {}
                }
            }),
            stop,
        }
    }

    /// Asks the running job to save what it has, and waits until it did. Indexing is cut off: it begins anew at the next
    /// start, and every step of it may be done twice.
    pub(super) async fn stop(self) {
        self.stop.set();
        self.indexer.abort();
        if let Err(error) = self.worker.await {
            tracing::error!(error = %error, "worker lost");
        }
    }
}

async fn work(jobs: Arc<Jobs>, stop: StopSignal) {
    let settings = DrainSettings {
        // It ends when it is stopped, however long nothing comes; and hears of that within the wait.
        idle: Duration::MAX,
        wait: Duration::from_secs(1),
        ..DrainSettings::default()
    };
    let shift = Shift { runner: uuid::Uuid::now_v7().to_string(), ends_at: None, stop };
    if let Err(error) = jobs.drain(&settings, &shift).await {
        tracing::error!(error = %error, "queue not read");
    }
}

/// Runs what `start` makes until it ends by itself.
fn supervise<F>(name: &'static str, start: impl Fn() -> F + Send + 'static) -> JoinHandle<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    /// Between a panic and the next start, so that one that panics at once does not keep the processor busy.
    const PAUSE: Duration = Duration::from_secs(1);
    tokio::spawn(async move {
        // Dropped with this task, so that who aborts this one ends the other.
        let mut running = tokio::task::JoinSet::new();
        running.spawn(start());
        while let Some(Err(error)) = running.join_next().await {
            tracing::error!(name, error = %error, "started again");
            tokio::time::sleep(PAUSE).await;
            running.spawn(start());
        }
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_panics_is_started_again() {
        let starts = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&starts);
        let running = supervise("test", move || {
            let number = counted.fetch_add(1, Ordering::Relaxed);
            async move { assert!(number > 1, "start {number}") }
        });
        running.await.unwrap();
        assert_eq!(starts.load(Ordering::Relaxed), 3);
    }
}
