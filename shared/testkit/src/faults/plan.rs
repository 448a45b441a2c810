//! Which call goes wrong, and how.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use graphnode_core::ports::{PortError, PortErrorKind, PortResult};
use tokio::sync::Notify;
use tokio::time::Instant;

/// What goes wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Nothing happens, and the caller is told so.
    ErrorBefore(PortErrorKind),
    /// It happens, but the caller is told that it did not: the answer is lost.
    ErrorAfter(PortErrorKind),
    /// The process ends before anything happens.
    CrashBefore,
    /// The process ends when it has happened, before it hears so.
    CrashAfter,
    /// It happens, but later.
    Delay(Duration),
    /// The process stands still before it happens, until it is resumed.
    Pause,
    /// From here on the whole port is out of reach for so long, for every process.
    Outage(Duration),
    /// It happens twice, and the caller hears the second answer: so it is when a client repeats a request whose answer
    /// it lost. A message is delivered twice, a conditional write meets its own result.
    Duplicate,
    /// What comes in an order comes in another one.
    Reorder,
    /// Less comes than was asked for: a shorter piece, an earlier end of a page, fewer messages.
    Truncate,
}

/// A call that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Its place in the row of all calls, from 0.
    pub number: usize,
    /// The process that made it.
    pub process: String,
    /// Port, method and kind of key.
    pub name: String,
}

/// The plan of a world and the counter of its calls, as one process sees them. Clones are the same process.
#[derive(Debug, Clone)]
pub struct Faults {
    shared: Arc<Shared>,
    process: Arc<Process>,
}

#[derive(Debug)]
struct Shared {
    plan: BTreeMap<usize, Fault>,
    seed: u64,
    calls: Mutex<Vec<Call>>,
    /// Ports that are out of reach, and until when.
    outages: Mutex<BTreeMap<String, Instant>>,
}

#[derive(Debug, Default)]
struct Process {
    name: String,
    standing: Mutex<Standing>,
    changed: Notify,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Standing {
    #[default]
    Runs,
    /// At the call of that number.
    Paused(usize),
    Crashed,
    /// Crashed, and whoever drove it has dropped it.
    Gone,
}

impl Faults {
    /// A world in which the calls of these numbers go wrong; what is left to chance follows from `seed`.
    pub fn new(plan: impl IntoIterator<Item = (usize, Fault)>, seed: u64) -> Self {
        let plan = plan.into_iter().collect();
        let shared = Shared { plan, seed, calls: Mutex::default(), outages: Mutex::default() };
        Self { shared: Arc::new(shared), process: Arc::default() }
    }

    /// A world in which nothing goes wrong: it counts only.
    #[must_use]
    pub fn none() -> Self {
        Self::new([], 0)
    }

    /// A further process of the same world.
    #[must_use]
    pub fn process(&self, name: &str) -> Self {
        let process = Process { name: name.to_owned(), ..Process::default() };
        Self { shared: Arc::clone(&self.shared), process: Arc::new(process) }
    }

    /// All calls of the world until now, in their order.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        locked(&self.shared.calls).clone()
    }

    /// Returns once this process has crashed: drop what it runs.
    pub async fn crashed(&self) {
        self.until(|standing| (standing == Standing::Crashed).then_some(())).await;
    }

    /// Returns once this process is paused, with the number of the call it stands before.
    pub async fn paused(&self) -> usize {
        let paused = |standing| match standing {
            Standing::Paused(number) => Some(number),
            Standing::Runs | Standing::Crashed | Standing::Gone => None,
        };
        self.until(paused).await
    }

    /// Lets a paused process go on.
    pub fn resume(&self) {
        let mut standing = locked(&self.process.standing);
        if matches!(*standing, Standing::Paused(_)) {
            *standing = Standing::Runs;
        }
        drop(standing);
        self.process.changed.notify_waiters();
    }

    /// Ends what a crashed process that was dropped has left behind, such as a thread that waits for an answer: none of its
    /// calls has an effect any more, and each is told that nothing is there.
    pub fn bury(&self) {
        self.stand(Standing::Gone);
    }

    fn stand(&self, standing: Standing) {
        *locked(&self.process.standing) = standing;
        self.process.changed.notify_waiters();
    }

    /// Makes a call go as planned. `bend` changes what it yields, where the plan says [`Fault::Reorder`] or
    /// [`Fault::Truncate`].
    pub(super) async fn call<T, F: Future<Output = PortResult<T>>>(
        &self,
        name: String,
        effect: impl Fn() -> F,
        bend: impl FnOnce(Bend, T) -> T,
    ) -> PortResult<T> {
        let number = self.begin(&name).await?;
        let planned = self.shared.plan.get(&number);
        if let Some(Fault::Outage(lasting)) = planned {
            locked(&self.shared.outages).insert(port_of(&name).to_owned(), Instant::now() + *lasting);
        }
        if self.is_out(port_of(&name)) {
            return Err(unavailable(&name));
        }
        match planned {
            None | Some(Fault::Outage(_)) => effect().await,
            Some(Fault::ErrorBefore(kind)) => Err(PortError::new(*kind, name)),
            Some(Fault::ErrorAfter(kind)) => {
                // Whatever became of it: nobody hears.
                let _ = effect().await;
                Err(PortError::new(*kind, name))
            }
            Some(Fault::CrashBefore) => Err(self.crash(&name).await),
            Some(Fault::CrashAfter) => {
                let _ = effect().await;
                Err(self.crash(&name).await)
            }
            Some(Fault::Delay(time)) => {
                tokio::time::sleep(*time).await;
                effect().await
            }
            Some(Fault::Pause) => {
                self.stand(Standing::Paused(number));
                self.until_running(&name).await?;
                effect().await
            }
            Some(Fault::Duplicate) => {
                // An error of the first is what its client would repeat it for.
                let _ = effect().await;
                effect().await
            }
            Some(Fault::Reorder) => Ok(bend(Bend::Reorder(self.chance(number)), effect().await?)),
            Some(Fault::Truncate) => Ok(bend(Bend::Truncate(self.chance(number)), effect().await?)),
        }
    }

    fn is_out(&self, port: &str) -> bool {
        locked(&self.shared.outages).get(port).is_some_and(|until| Instant::now() < *until)
    }

    /// The number of the call, once its process may make one.
    async fn begin(&self, name: &str) -> PortResult<usize> {
        self.until_running(name).await?;
        let mut calls = locked(&self.shared.calls);
        let number = calls.len();
        calls.push(Call { number, process: self.process.name.clone(), name: name.to_owned() });
        Ok(number)
    }

    async fn until_running(&self, name: &str) -> PortResult<()> {
        let settled = |standing| match standing {
            Standing::Runs => Some(Ok(())),
            Standing::Gone => Some(Err(unavailable(name))),
            Standing::Paused(_) | Standing::Crashed => None,
        };
        self.until(settled).await
    }

    async fn crash(&self, name: &str) -> PortError {
        self.stand(Standing::Crashed);
        self.until(|standing| (standing == Standing::Gone).then_some(())).await;
        unavailable(name)
    }

    async fn until<T>(&self, reached: impl Fn(Standing) -> Option<T>) -> T {
        loop {
            let changed = self.process.changed.notified();
            let mut changed = std::pin::pin!(changed);
            // From here on no change is missed.
            changed.as_mut().enable();
            let standing = *locked(&self.process.standing);
            if let Some(value) = reached(standing) {
                return value;
            }
            changed.await;
        }
    }

    fn chance(&self, number: usize) -> Chance {
        Chance::new(self.shared.seed ^ (number as u64).rotate_left(32))
    }
}

/// How what a call yields is to be changed.
pub(super) enum Bend {
    Reorder(Chance),
    Truncate(Chance),
}

impl Bend {
    /// A list in another order, or with fewer entries.
    pub(super) fn list<T>(self, mut list: Vec<T>) -> Vec<T> {
        match self {
            Self::Reorder(mut chance) => {
                if list.len() > 1 {
                    let turn = 1 + chance.below(list.len() - 1);
                    list.rotate_left(turn);
                }
            }
            Self::Truncate(mut chance) => list.truncate(chance.below(list.len())),
        }
        list
    }
}

/// Numbers that follow from a seed: SplitMix64, as in Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators" (2014).
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// The row of numbers of `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number below `end`; 0 where there is none.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end.max(1) as u64) as usize
    }
}

/// What a call hears whose port is out of reach, or whose process is gone.
fn unavailable(name: &str) -> PortError {
    PortError::new(PortErrorKind::Unavailable, name)
}

/// The port a call is named after.
fn port_of(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
