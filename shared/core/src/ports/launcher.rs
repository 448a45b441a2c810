//! The port that starts a task for a job too large for a function.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::str::FromStr;

use super::error::PortResult;
use crate::ids::{LeaseOwner, TaskId};

/// Makes a launch idempotent: the same token twice starts one task, for about a day.
///
/// Invariant: 1 to 64 printable ASCII characters without blanks, as ECS asks for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClientToken(String);

impl ClientToken {
    /// The token of an attempt at a job. A hash, as a task's id may be longer than a token.
    #[must_use]
    pub fn of_attempt(task_id: &TaskId, attempt: u32) -> Self {
        Self(crate::hash::hex_sha256([task_id.as_str().as_bytes(), b"\0", &attempt.to_be_bytes()]))
    }

    /// The token as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// CPU and memory of a task, in a combination that Fargate knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskSize {
    cpu_units: u32,
    memory_mib: u32,
}

impl TaskSize {
    /// CPU units with the least, the most and the step of memory in MiB.
    /// Source: "Amazon ECS task definition parameters for Fargate", task size.
    const STEPS: [(u32, u32, u32, u32); 6] = [
        (512, 1024, 4096, 1024),
        (1024, 2048, 8192, 1024),
        (2048, 4096, 16_384, 1024),
        (4096, 8192, 30_720, 1024),
        (8192, 16_384, 61_440, 4096),
        (16_384, 32_768, 122_880, 8192),
    ];

    /// The customer's task: 1 vCPU, 2 GB.
    pub const DEFAULT: Self = Self { cpu_units: 1024, memory_mib: 2048 };
    /// The largest there is.
    pub const LARGEST: Self = Self { cpu_units: 16_384, memory_mib: 122_880 };

    /// The smallest task with at least that much of both; `None` when there is none.
    #[must_use]
    pub fn at_least(cpu_units: u32, memory_mib: u32) -> Option<Self> {
        let fits = |(cpu, _, most, _): &&(u32, u32, u32, u32)| *cpu >= cpu_units && *most >= memory_mib;
        let (cpu_units, least, _, step) = *Self::STEPS.iter().find(fits)?;
        Some(Self { cpu_units, memory_mib: memory_mib.max(least).next_multiple_of(step) })
    }

    /// CPU units: 1024 are one virtual CPU.
    #[must_use]
    pub fn cpu_units(self) -> u32 {
        self.cpu_units
    }

    /// Memory in MiB.
    #[must_use]
    pub fn memory_mib(self) -> u32 {
        self.memory_mib
    }
}

/// How much of the load a capacity provider takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapacityShare {
    /// `FARGATE`, `FARGATE_SPOT` or a name of the cluster's own.
    pub provider: String,
    /// Its part of the tasks beyond the bases, against the other weights.
    pub weight: u32,
    /// How many tasks it takes before weights count.
    pub base: u32,
}

/// Why a text is no capacity strategy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be provider:weight[:base], separated by commas, such as FARGATE_SPOT:4,FARGATE:1:1")]
pub struct InvalidCapacity;

impl FromStr for CapacityShare {
    type Err = InvalidCapacity;

    fn from_str(text: &str) -> Result<Self, InvalidCapacity> {
        let mut parts = text.trim().split(':');
        let provider = parts.next().filter(|name| !name.is_empty()).ok_or(InvalidCapacity)?.to_owned();
        let number = |part: Option<&str>, otherwise: u32| match part {
            None => Ok(otherwise),
            Some(digits) => digits.parse().map_err(|_| InvalidCapacity),
        };
        let (weight, base) = (number(parts.next(), 1)?, number(parts.next(), 0)?);
        if parts.next().is_some() { Err(InvalidCapacity) } else { Ok(Self { provider, weight, base }) }
    }
}

/// What to start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchRequest {
    /// Makes the launch idempotent.
    pub client_token: ClientToken,
    /// CPU and memory.
    pub size: TaskSize,
    /// Scratch disk in GiB, 21 to 200; `None` is the task definition's.
    pub disk_gib: Option<u32>,
    /// Variables beside those of the task definition. Together with names and size at most about 8 KiB.
    pub environment: BTreeMap<String, String>,
    /// Where to run; empty is what the launcher was configured with.
    pub capacity: Vec<CapacityShare>,
}

/// Names a started task.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LaunchedTask(pub String);

impl fmt::Display for LaunchedTask {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A task that has stopped, as its launcher tells afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoppedTask {
    /// The job it was started for.
    pub task_id: TaskId,
    /// The owner of the job's lease that it was.
    pub owner: LeaseOwner,
    /// Memory it had, in MiB.
    pub memory_mib: u32,
    /// Why it stopped.
    pub cause: StopCause,
}

/// Why a task has stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopCause {
    /// It needed more memory than it had.
    OutOfMemory,
    /// It was taken away: Spot, a person, a new deployment.
    TakenAway,
    /// It never started: no capacity, no image, no network.
    NeverStarted,
    /// Its program ended, with this code where one is known.
    Ended(Option<i32>),
}

/// How a launch ended, where the launcher answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LaunchOutcome {
    /// A task was started, or had been with the same token.
    Started(LaunchedTask),
    /// Nothing was started for want of capacity: later, and it is nobody's fault.
    NoCapacity {
        /// The launcher's word for it.
        reason: String,
    },
    /// Nothing was started, as too many were asked for: later, and it is nobody's fault.
    Throttled {
        /// The launcher's word for it.
        reason: String,
    },
    /// Nothing was started, nor will be: the request or the configuration is wrong.
    Rejected {
        /// The launcher's word for it.
        reason: String,
    },
}

/// Starts and stops tasks.
///
/// Duty of an implementation: the same [`ClientToken`] with the same request starts one task.
pub trait TaskLauncher: Send + Sync {
    /// Starts a task and does not wait for it.
    ///
    /// # Errors
    /// [`Conflict`](super::PortErrorKind::Conflict) when the token was used for another request: that attempt is
    /// running already. Otherwise what any call may meet; then a task may or may not have been started, and the same
    /// token tells.
    fn launch(&self, request: &LaunchRequest) -> impl Future<Output = PortResult<LaunchOutcome>> + Send;

    /// Asks a task to stop; one that is over, or unknown by now, is no error.
    ///
    /// # Errors
    /// What any call may meet.
    fn stop(&self, task: &LaunchedTask, reason: &str) -> impl Future<Output = PortResult<()>> + Send;
}

/// Stands where a process starts no tasks: there is none of it.
#[derive(Debug, Clone, Copy)]
pub enum NoLauncher {}

impl TaskLauncher for NoLauncher {
    async fn launch(&self, _: &LaunchRequest) -> PortResult<LaunchOutcome> {
        match *self {}
    }

    async fn stop(&self, _: &LaunchedTask, _: &str) -> PortResult<()> {
        match *self {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_has_a_size_that_fargate_knows() {
        let size =
            |cpu, memory| TaskSize::at_least(cpu, memory).map(|size| (size.cpu_units, size.memory_mib));
        assert_eq!(size(1024, 2048), Some((1024, 2048)));
        assert_eq!(size(1024, 2049), Some((1024, 3072)));
        assert_eq!(size(256, 5000), Some((1024, 5120)));
        assert_eq!(size(0, 31_000), Some((8192, 32_768)));
        assert_eq!(size(1024, 200_000), None);
    }

    #[test]
    fn a_token_is_the_same_for_an_attempt_and_no_other() {
        let task: TaskId = "x".repeat(128).parse().unwrap();
        let token = ClientToken::of_attempt(&task, 1);
        assert_eq!(token, ClientToken::of_attempt(&task, 1));
        assert_ne!(token, ClientToken::of_attempt(&task, 2));
        assert_eq!(token.as_str().len(), 64);
    }

    #[test]
    fn capacity_is_written_in_one_line() {
        let shares: Result<Vec<CapacityShare>, _> =
            "FARGATE_SPOT:4, FARGATE:1:1".split(',').map(str::parse).collect();
        let expected =
            |provider: &str, weight, base| CapacityShare { provider: provider.to_owned(), weight, base };
        assert_eq!(shares, Ok(vec![expected("FARGATE_SPOT", 4, 0), expected("FARGATE", 1, 1)]));
        for wrong in ["", ":1", "F:x", "F:1:2:3"] {
            assert_eq!(wrong.parse::<CapacityShare>(), Err(InvalidCapacity), "{wrong}");
        }
    }
}
