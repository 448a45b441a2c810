//! Keeps a running job company: the pipeline is synchronous and knows nothing of queues, leases and deadlines.
//!
//! The pipeline writes how far it is into a [`Reporter`] and reads from it whether to stop; [`Companion::run`] looks at
//! it every tick, sends progress, renews the lease, and tells it to stop.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use graphnode_core::clock::Clock;
use graphnode_core::ids::LeaseOwner;
use graphnode_core::job::store::update_job;
use graphnode_core::job::{HowFar, JobRecord, Refusal, UpdateError};
use graphnode_core::messages::outgoing;
use graphnode_core::messages::progress::{Progress, ProgressMeter};
use graphnode_core::metrics::Event;
use graphnode_core::ports::{Objects, Queue};
use graphnode_core::watch::{Stage, Watch};
use jiff::Timestamp;

use crate::service::{Service, Shift};

/// Why a running job must stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StopReason {
    /// The person withdrew it.
    Cancelled,
    /// Somebody else has taken it over.
    LeaseLost,
    /// The time of this invocation or task is nearly over.
    Deadline,
    /// The process was asked to end.
    Interrupted,
}

impl StopReason {
    const ALL: [Self; 4] = [Self::Cancelled, Self::LeaseLost, Self::Deadline, Self::Interrupted];

    /// Whether what was made so far is of use to somebody.
    pub(crate) fn keeps_work(self) -> bool {
        matches!(self, Self::Deadline | Self::Interrupted)
    }
}

/// How often a running job gives a sign of life.
const HEARTBEAT: Duration = Duration::from_secs(60);

/// Between the pipeline's threads and its companion. Clones are one reporter.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reporter(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// 0 before the first report, else 1 + stage * 128 + percent: a greater one is further.
    place: AtomicU32,
    /// Tokens the model has read.
    tokens: AtomicU64,
    /// 0 while the job runs, else 1 + the reason's place among all.
    stop: AtomicU8,
}

impl Reporter {
    /// Tells the job to stop. The first reason counts, unless a later one says that the work is of no use.
    pub(crate) fn stop(&self, reason: StopReason) {
        let wanted =
            StopReason::ALL.iter().position(|other| *other == reason).map_or(0, |place| place as u8 + 1);
        let _ = self.0.stop.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |now| {
            (now == 0 || (!reason.keeps_work() && wanted < now)).then_some(wanted)
        });
    }

    /// Why the job must stop.
    pub(crate) fn stopped(&self) -> Option<StopReason> {
        let place = self.0.stop.load(Ordering::Relaxed).checked_sub(1)?;
        StopReason::ALL.get(usize::from(place)).copied()
    }

    /// Tokens the model has read until now.
    pub(crate) fn tokens_read(&self) -> u64 {
        self.0.tokens.load(Ordering::Relaxed)
    }

    /// The furthest report.
    pub(crate) fn furthest(&self) -> Option<Progress> {
        let place = self.0.place.load(Ordering::Relaxed).checked_sub(1)?;
        let stage = Stage::ALL.get(place as usize / 128)?;
        Some(Progress::new(*stage, u64::from(place % 128), 100))
    }
}

impl Watch for Reporter {
    fn progress(&self, stage: Stage, done: u64, total: u64) {
        let percent = u32::from(Progress::new(stage, done, total).percent());
        self.0.place.fetch_max(1 + stage as u32 * 128 + percent, Ordering::Relaxed);
    }

    fn cancelled(&self) -> bool {
        self.stopped().is_some()
    }

    fn tokens(&self, count: u64) {
        self.0.tokens.fetch_add(count, Ordering::Relaxed);
    }
}

/// Tells how long embedding, by far the longest stage, still takes.
#[derive(Debug, Default)]
struct Forecast {
    begun: Option<(Duration, u8)>,
}

impl Forecast {
    /// Seconds the stages behind embedding take, at the least.
    const REST: u64 = 2;

    fn eta_seconds(&mut self, progress: Progress, elapsed: Duration) -> Option<u64> {
        if progress.stage() != Stage::Embed.into() {
            return None;
        }
        let (since, from) = *self.begun.get_or_insert((elapsed, progress.percent()));
        let gained = progress.percent().checked_sub(from).filter(|gained| *gained >= 3)?;
        let left = f64::from(100 - progress.percent()) / f64::from(gained);
        Some((elapsed.saturating_sub(since).as_secs_f64() * left).ceil() as u64 + Self::REST)
    }
}

/// Keeps one job company.
pub(crate) struct Companion<'a, O, Q, L, C> {
    pub(crate) service: &'a Service<O, Q, L, C>,
    pub(crate) record: &'a JobRecord,
    pub(crate) owner: &'a LeaseOwner,
    pub(crate) shift: &'a Shift,
    pub(crate) reporter: &'a Reporter,
}

impl<O: Objects, Q: Queue, L, C: Clock> Companion<'_, O, Q, L, C> {
    /// Never ends: it is dropped with the work it accompanies.
    pub(crate) async fn run(&self) -> Infallible {
        let settings = &self.service.settings;
        let (mut meter, mut forecast) = (ProgressMeter::default(), Forecast::default());
        if let Some(told) = self.record.progress() {
            // Whoever had the job before told this much: nothing is told until it leads further.
            meter.report(told, Duration::ZERO);
        }
        let mut renewed = self.service.clock.elapsed();
        // The message, or the task, began with one.
        let mut beaten = renewed;
        let (mut told, mut expected_end) = (self.record.progress(), None);
        // The first look is at once: the person hears that the job began.
        loop {
            let elapsed = self.service.clock.elapsed();
            if self.shift.stop.is_set() {
                self.reporter.stop(StopReason::Interrupted);
            }
            if self.shift.ends_at.is_some_and(|end| elapsed >= end) {
                self.reporter.stop(StopReason::Deadline);
            }
            let progress = self.reporter.furthest();
            let news = progress.and_then(|progress| meter.report(progress, elapsed));
            let eta_seconds = news.and_then(|progress| forecast.eta_seconds(progress, elapsed));
            expected_end = eta_seconds.and_then(|seconds| self.in_seconds(seconds)).or(expected_end);
            let since = elapsed.saturating_sub(renewed);
            let due = since >= settings.lease / 3 || (since >= settings.note && progress > told);
            if due && self.renew(HowFar { progress, expected_end }).await {
                (renewed, told) = (elapsed, progress);
            }
            if elapsed.saturating_sub(renewed) > settings.lease {
                self.reporter.stop(StopReason::LeaseLost);
            }
            // Of a job that is no longer ours another may have told the end.
            if let Some(progress) =
                news.filter(|_| self.reporter.stopped().is_none_or(StopReason::keeps_work))
            {
                self.tell(progress, eta_seconds).await;
            }
            if elapsed.saturating_sub(beaten) >= HEARTBEAT {
                beaten = elapsed;
                self.service.measure(self.record, Event::Heartbeat);
            }
            tokio::time::sleep(settings.tick).await;
        }
    }

    fn in_seconds(&self, seconds: u64) -> Option<Timestamp> {
        self.service.clock.now().checked_add(Duration::from_secs(seconds)).ok()
    }

    /// Progress is news, not a result: a message that is lost is followed by the next.
    async fn tell(&self, progress: Progress, eta_seconds: Option<u64>) {
        let record = self.record;
        let now = self.service.clock.now();
        let body = outgoing::progress(record.task_id(), record.user_id(), now, progress, eta_seconds);
        if let Err(error) = self.service.results.send(body.as_str(), Duration::ZERO).await {
            tracing::warn!(error = %error, "progress not sent");
        }
    }

    /// Whether the lease was renewed; stops the job when it never will be.
    async fn renew(&self, how_far: HowFar) -> bool {
        let (now, lease) = (self.service.clock.now(), self.service.settings.lease);
        let renewal = update_job(self.service.buckets.own(), self.record.task_id(), |record| {
            record.renew(self.owner, how_far, now, lease)
        });
        match renewal.await {
            Ok(_) => true,
            Err(UpdateError::Refused(Refusal::Cancelled)) => {
                self.reporter.stop(StopReason::Cancelled);
                false
            }
            Err(UpdateError::Refused(_)) => {
                self.reporter.stop(StopReason::LeaseLost);
                false
            }
            Err(UpdateError::Store(error)) => {
                tracing::warn!(error = %error, "lease not renewed");
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_furthest_report_counts_and_the_first_reason() {
        let reporter = Reporter::default();
        assert_eq!(reporter.furthest(), None);
        reporter.progress(Stage::Embed, 50, 100);
        reporter.progress(Stage::Import, 1, 1);
        assert_eq!(reporter.furthest(), Some(Progress::new(Stage::Embed, 50, 100)));
        assert!(!reporter.cancelled());
        reporter.stop(StopReason::Deadline);
        reporter.stop(StopReason::Interrupted);
        assert_eq!(reporter.stopped(), Some(StopReason::Deadline));
        reporter.stop(StopReason::Cancelled);
        assert_eq!(reporter.stopped(), Some(StopReason::Cancelled));
        reporter.stop(StopReason::LeaseLost);
        assert_eq!(reporter.stopped(), Some(StopReason::Cancelled));
    }

    #[test]
    fn the_forecast_follows_the_pace() {
        let mut forecast = Forecast::default();
        let at = |percent, seconds| (Progress::new(Stage::Embed, percent, 100), Duration::from_secs(seconds));
        let mut eta = |(progress, elapsed)| forecast.eta_seconds(progress, elapsed);
        assert_eq!(eta((Progress::new(Stage::Import, 1, 2), Duration::ZERO)), None);
        assert_eq!(eta(at(0, 10)), None);
        assert_eq!(eta(at(50, 20)), Some(12));
    }
}
