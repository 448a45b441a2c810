//! Lets a world run until nothing is left to do: delivers messages, runs started tasks, indexes builds, moves the clock.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use graphnode_adapters::embedded::LocalQueue;
use graphnode_core::clock::Clock;
use graphnode_core::ids::TaskId;
use graphnode_core::job::Place;
use graphnode_core::keys::{ObjectKey, ResultFile, parse_result};
use graphnode_core::ports::Queue;
use graphnode_core::ports::launcher::{StopCause, StoppedTask};
use graphnode_core::ports::queue::{Delivery, ReceiptHandle};
use graphnode_jobs::{Answer, Verdict};
use graphnode_testkit::faults::Faults;
use tokio::task::JoinHandle;

use crate::case::{Case, Trouble};
use crate::world::{StartedTask, WorkerService, World};

/// How long a message is invisible once it was delivered, unless its worker says otherwise.
const VISIBILITY: Duration = Duration::from_secs(120);
/// When an event of a build that could not be indexed comes again.
const INDEX_AGAIN: Duration = Duration::from_secs(720);
/// How often an event of a build comes before it is a dead letter.
const INDEX_RECEIVES: u32 = 30;
/// How long a process stands still: longer than any lease, and than the start of a task.
const STALL: Duration = Duration::from_secs(1_000);
/// How far the clock moves where nothing can be done.
const STEP: Duration = Duration::from_secs(10);
/// When a world that is not quiet never will be.
const TOO_LATE: Duration = Duration::from_secs(12 * 3600);

/// When what a crashed process was told comes again.
const NOTICE_AGAIN: Duration = Duration::from_secs(120);
/// How often jobs in tasks are looked for.
const SWEEP: Duration = Duration::from_secs(300);

/// What a process was started for.
#[derive(Debug, Clone)]
enum Cause {
    Message(Delivery),
    Letter(Delivery),
    Task(StartedTask),
    Stopped(StoppedTask),
    Sweep,
    Build(BuildEvent),
}

/// The event of a build's `features.json`.
#[derive(Debug, Clone)]
struct BuildEvent {
    task_id: TaskId,
    receives: u32,
}

/// A process that runs, or stands still.
struct Running {
    cause: Cause,
    faults: Faults,
    work: JoinHandle<Ended>,
}

/// How a process ended that did not crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    Well,
    /// What it was told is to come again, after this time.
    Again(Duration),
}

/// A world with what is under way in it.
pub(crate) struct Driver {
    pub(crate) world: World,
    case: Case,
    builds: Vec<(BuildEvent, Duration)>,
    notices: Vec<(StoppedTask, Duration)>,
    next_sweep: Duration,
    seen: BTreeMap<ObjectKey, usize>,
    standing_still: Vec<(Running, Duration)>,
}

impl Driver {
    pub(crate) fn new(world: World, case: Case) -> Self {
        Self {
            world,
            case,
            builds: Vec::new(),
            notices: Vec::new(),
            next_sweep: SWEEP,
            seen: BTreeMap::new(),
            standing_still: Vec::new(),
        }
    }

    /// Runs the world until nothing is left to do; says whether it came to that.
    pub(crate) async fn settle(&mut self) -> bool {
        let mut waited = false;
        while self.world.clock.elapsed() < TOO_LATE {
            let acted = if self.holds_time() {
                self.index().await || self.wake().await
            } else {
                self.deliver().await
                    || self.run_task().await
                    || self.index().await
                    || self.wake().await
                    || self.answer_letter().await
                    || self.tell_of_task().await
                    || self.sweep().await
            };
            if acted {
                waited = false;
            } else if !self.is_quiet() {
                tokio::time::advance(STEP).await;
            } else if waited {
                return true;
            } else {
                // What only time brings: the end of a lease.
                tokio::time::advance(STALL).await;
                waited = true;
            }
        }
        false
    }

    /// Whether an indexer stands still. Its reader may wait in a thread of its own, and then the runtime moves no time by itself,
    /// which whoever works on jobs needs: they begin once it has gone on, other indexers do not wait for it.
    fn holds_time(&self) -> bool {
        self.standing_still.iter().any(|(running, _)| matches!(running.cause, Cause::Build(_)))
    }

    fn is_quiet(&self) -> bool {
        self.world.requests.is_empty()
            && self.world.dead_letters.is_empty()
            && self.notices.is_empty()
            && !self.world.has_jobs_in_tasks()
            && self.world.launcher.waiting() == 0
            && self.builds.is_empty()
            && self.standing_still.is_empty()
    }

    /// Delivers a message that is visible.
    async fn deliver(&mut self) -> bool {
        let received = self.world.requests.receive(1, Duration::ZERO, VISIBILITY).await.unwrap();
        let Some(delivery) = received.into_iter().next() else { return false };
        self.begin(Cause::Message(delivery)).await;
        true
    }

    /// Gives a dead letter that is visible to the function that answers it.
    async fn answer_letter(&mut self) -> bool {
        let received = self.world.dead_letters.receive(1, Duration::ZERO, VISIBILITY).await.unwrap();
        let Some(letter) = received.into_iter().next() else { return false };
        self.begin(Cause::Letter(letter)).await;
        true
    }

    /// Tells of a task that has stopped.
    async fn tell_of_task(&mut self) -> bool {
        let now = self.world.clock.elapsed();
        let Some(place) = self.notices.iter().position(|(_, at)| *at <= now) else { return false };
        let (stopped, _) = self.notices.remove(place);
        self.begin(Cause::Stopped(stopped)).await;
        true
    }

    /// Looks for jobs in tasks, when it is time and there are any.
    async fn sweep(&mut self) -> bool {
        let now = self.world.clock.elapsed();
        if now < self.next_sweep || !self.world.has_jobs_in_tasks() {
            return false;
        }
        self.next_sweep = now + SWEEP;
        self.begin(Cause::Sweep).await;
        true
    }

    /// Runs a task that was started.
    async fn run_task(&mut self) -> bool {
        let Some(task) = self.world.launcher.next() else { return false };
        self.begin(Cause::Task(task)).await;
        true
    }

    /// Indexes a build whose event has come.
    async fn index(&mut self) -> bool {
        self.notice_builds();
        let now = self.world.clock.elapsed();
        let Some(place) = self.builds.iter().position(|(_, at)| *at <= now) else { return false };
        let (event, _) = self.builds.remove(place);
        let event = BuildEvent { receives: event.receives + 1, ..event };
        self.begin(Cause::Build(event)).await;
        true
    }

    /// Lets a process go on that stood still for long enough.
    async fn wake(&mut self) -> bool {
        let now = self.world.clock.elapsed();
        let Some(place) = self.standing_still.iter().position(|(_, until)| *until <= now) else {
            return false;
        };
        let (running, _) = self.standing_still.remove(place);
        running.faults.resume();
        self.follow(running).await;
        true
    }

    /// An event for every write of a `features.json`.
    fn notice_builds(&mut self) {
        for (key, writes) in self.world.bucket.writes() {
            let Some((task_id, ResultFile::Features)) = parse_result(key.as_str()) else { continue };
            let seen = self.seen.insert(key, writes).unwrap_or_default();
            let now = self.world.clock.elapsed();
            let event = BuildEvent { task_id, receives: 0 };
            self.builds.extend((seen..writes).map(|_| (event.clone(), now)));
        }
    }

    async fn begin(&mut self, cause: Cause) {
        let running = self.start(cause);
        Box::pin(self.follow(running)).await;
    }

    fn start(&mut self, cause: Cause) -> Running {
        match &cause {
            Cause::Message(delivery) => {
                let faults = self.world.process("worker");
                let work = work_on(&self.world, &faults, delivery.clone());
                Running { work: tokio::spawn(work), cause, faults }
            }
            Cause::Task(task) => {
                let faults = self.world.process("task");
                let work = work_as(&self.world, &faults, task.clone());
                Running { work: tokio::spawn(work), cause, faults }
            }
            Cause::Build(event) => {
                let faults = self.world.process("indexer");
                let (indexer, task_id) = (self.world.indexer(&faults), event.task_id.clone());
                let work = async move {
                    match indexer.index(&task_id).await {
                        Ok(_) => Ended::Well,
                        Err(_) => Ended::Again(INDEX_AGAIN),
                    }
                };
                Running { work: tokio::spawn(work), cause, faults }
            }
            Cause::Letter(_) | Cause::Stopped(_) | Cause::Sweep => {
                let faults = self.world.process("worker");
                let work =
                    answer_to(self.world.function(&faults), self.world.dead_letters.clone(), cause.clone());
                Running { work: tokio::spawn(work), cause, faults }
            }
        }
    }

    /// Waits until a process ends or stands still.
    async fn follow(&mut self, mut running: Running) {
        let faults = running.faults.clone();
        tokio::select! {
            biased;
            ended = &mut running.work => self.ended(&running.cause, ended.unwrap()),
            () = faults.crashed() => {
                running.work.abort();
                // What it runs is dropped, then what that had started beside.
                let _ = running.work.await;
                faults.bury();
                self.crashed(&running.cause);
            }
            number = faults.paused() => self.stands_still(running, number).await,
        }
    }

    fn ended(&mut self, cause: &Cause, ended: Ended) {
        let now = self.world.clock.elapsed();
        match (cause, ended) {
            (Cause::Build(event), Ended::Again(after)) if event.receives < INDEX_RECEIVES => {
                self.builds.push((event.clone(), now + after));
            }
            (Cause::Stopped(stopped), Ended::Again(after)) => {
                self.notices.push((stopped.clone(), now + after));
            }
            (Cause::Task(task), _) => self.stopped(task, Some(0)),
            _ => {}
        }
    }

    fn crashed(&mut self, cause: &Cause) {
        match cause {
            Cause::Build(_) => self.ended(cause, Ended::Again(INDEX_AGAIN)),
            Cause::Task(task) => self.stopped(task, Some(1)),
            _ => self.ended(cause, Ended::Again(NOTICE_AGAIN)),
        }
    }

    /// What the launcher tells of a task that has ended, unless that is lost.
    fn stopped(&mut self, task: &StartedTask, code: Option<i32>) {
        if !self.world.scenario.loses_notices() {
            let (task_id, owner) = (task.task_id.clone(), task.owner.clone());
            let stopped = StoppedTask { task_id, owner, memory_mib: 2048, cause: StopCause::Ended(code) };
            self.notices.push((stopped, self.world.clock.elapsed()));
        }
    }

    async fn stands_still(&mut self, running: Running, number: usize) {
        match self.case.trouble_at(number) {
            Some(Trouble::DuplicateDelivery) => {
                let again = self.delivered_again(&running.cause);
                Box::pin(self.begin(again)).await;
                running.faults.resume();
                Box::pin(self.follow(running)).await;
            }
            _ => self.standing_still.push((running, self.world.clock.elapsed() + STALL)),
        }
    }

    /// The same once more. A task is started once a token, so of its job the request comes again.
    fn delivered_again(&self, cause: &Cause) -> Cause {
        match cause {
            Cause::Message(delivery) => Cause::Message(copy(&delivery.message_id, &delivery.body)),
            Cause::Task(task) => {
                let asked = self.world.scenario.asked();
                let asked = asked.iter().find(|asked| asked.task == task.task_id.as_str()).unwrap();
                Cause::Message(copy("local-again", &asked.body()))
            }
            other => other.clone(),
        }
    }
}

/// A delivery beside the one that is under way, as a queue makes them now and then.
fn copy(message_id: &str, body: &str) -> Delivery {
    Delivery {
        message_id: message_id.to_owned(),
        receipt: ReceiptHandle("beside".to_owned()),
        body: body.to_owned(),
        receive_count: 1,
        sent_at: None,
    }
}

fn work_on(
    world: &World,
    faults: &Faults,
    delivery: Delivery,
) -> impl Future<Output = Ended> + Send + 'static {
    let (service, shift) = (Arc::new(world.function(faults)), world.shift(Place::Lambda));
    async move {
        if service.handle(&delivery, &shift).await == Verdict::Done {
            // Whoever fails to, hears of the message again.
            let _ = service.requests.delete(&delivery.receipt).await;
        }
        Ended::Well
    }
}

/// Answers a dead letter or a notice, as the function behind their queues does.
async fn answer_to(service: WorkerService, dead_letters: LocalQueue, cause: Cause) -> Ended {
    let notice = copy("notice", "");
    let answer = match &cause {
        Cause::Letter(letter) => service.dead_letter(letter).await,
        Cause::Stopped(stopped) => service.task_stopped(stopped, &notice).await,
        _ => service.sweep(&notice).await,
    };
    match (cause, answer) {
        (Cause::Letter(letter), Answer::Done) => {
            // A letter answered is one the queue deletes, not the function.
            dead_letters.delete(&letter.receipt).await.unwrap();
            Ended::Well
        }
        (Cause::Letter(letter), Answer::Later(after)) => {
            dead_letters.change_visibility(&letter.receipt, after).await.unwrap();
            Ended::Well
        }
        (_, Answer::Done) => Ended::Well,
        (_, Answer::Later(after)) => Ended::Again(after),
    }
}

fn work_as(
    world: &World,
    faults: &Faults,
    task: StartedTask,
) -> impl Future<Output = Ended> + Send + 'static {
    let (service, shift) = (world.task(faults), world.shift(Place::Fargate));
    async move {
        // Its log has said what went wrong.
        let _ = service.run_task(&task.task_id, &task.owner, &shift).await;
        Ended::Well
    }
}
