//! What EventBridge tells of tasks.
//!
//! Source: "Amazon ECS task state change events" and "Viewing Amazon ECS stopped task errors" in ECS's developer guide. The
//! codes are `stopCode`; words are read only where there is no code: that memory was not enough.

use graphnode_core::config::variables;
use graphnode_core::ids::{LeaseOwner, TaskId};
use graphnode_core::ports::launcher::{StopCause, StoppedTask};
use serde::Deserialize;
use serde_json::Value;

/// An event of EventBridge about tasks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A task that was started for a job has stopped.
    Stopped(StoppedTask),
    /// It is time to look at all jobs in tasks.
    Scheduled,
    /// Nothing that asks for anything: a task of no one job, or one that has not stopped.
    Other,
}

/// Why a text is no notice.
#[derive(Debug, thiserror::Error)]
pub enum NoticeError {
    /// It is no JSON object of EventBridge.
    #[error("the notice is no event of EventBridge: column {}", .0.column())]
    NoEvent(serde_json::Error),
    /// It names a job or an owner that is none.
    #[error("the stopped task has no valid {0}")]
    Invalid(&'static str),
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Event {
    source: String,
    detail_type: String,
    #[serde(default)]
    detail: Value,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Task {
    last_status: String,
    stop_code: String,
    stopped_reason: String,
    memory: String,
    containers: Vec<Container>,
    overrides: Overrides,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Container {
    exit_code: Option<i32>,
    reason: String,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Overrides {
    container_overrides: Vec<ContainerOverride>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ContainerOverride {
    environment: Vec<Variable>,
}

#[derive(Deserialize)]
struct Variable {
    name: String,
    value: String,
}

impl Notice {
    /// Reads an event as EventBridge puts it into a queue.
    ///
    /// # Errors
    /// [`NoticeError`], which says nothing of the content.
    pub fn read(text: &str) -> Result<Self, NoticeError> {
        let event: Event = serde_json::from_str(text).map_err(NoticeError::NoEvent)?;
        match (event.source.as_str(), event.detail_type.as_str()) {
            ("aws.events", "Scheduled Event") => Ok(Self::Scheduled),
            ("aws.ecs", "ECS Task State Change") => {
                stopped(&Task::deserialize(event.detail).map_err(NoticeError::NoEvent)?)
            }
            _ => Ok(Self::Other),
        }
    }
}

fn stopped(task: &Task) -> Result<Notice, NoticeError> {
    let Some(task_id) = task.variable(variables::TASK_ID).filter(|_| task.last_status == "STOPPED") else {
        return Ok(Notice::Other);
    };
    let task_id: TaskId = task_id.parse().map_err(|_| NoticeError::Invalid(variables::TASK_ID))?;
    let owner: Option<LeaseOwner> =
        task.variable(variables::LEASE_OWNER).and_then(|owner| owner.parse().ok());
    let owner = owner.ok_or(NoticeError::Invalid(variables::LEASE_OWNER))?;
    let memory_mib = task.memory.parse().map_err(|_| NoticeError::Invalid("memory"))?;
    Ok(Notice::Stopped(StoppedTask { task_id, owner, memory_mib, cause: task.cause() }))
}

impl Task {
    fn variable(&self, name: &str) -> Option<&str> {
        let all = self.overrides.container_overrides.iter().flat_map(|container| &container.environment);
        all.into_iter().find(|variable| variable.name == name).map(|variable| variable.value.as_str())
    }

    fn cause(&self) -> StopCause {
        let said = self.containers.iter().map(|container| &container.reason).chain([&self.stopped_reason]);
        if said.into_iter().any(|reason| reason.contains("OutOfMemory")) {
            return StopCause::OutOfMemory;
        }
        match self.stop_code.as_str() {
            "SpotInterruption" | "TerminationNotice" | "UserInitiated" | "ServiceSchedulerInitiated" => {
                StopCause::TakenAway
            }
            "TaskFailedToStart" => StopCause::NeverStarted,
            _ => StopCause::Ended(self.containers.iter().find_map(|container| container.exit_code)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn sample(name: &str) -> String {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events").join(name);
        let event: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        event["Records"][0]["body"].as_str().unwrap().to_owned()
    }

    fn stopped(name: &str) -> StoppedTask {
        match Notice::read(&sample(name)).unwrap() {
            Notice::Stopped(stopped) => stopped,
            other => panic!("{name}: {other:?}"),
        }
    }

    #[test]
    fn a_task_tells_whose_it_was_and_why_it_stopped() {
        let killed = stopped("sqs-task-out-of-memory.json");
        let (task_id, owner) = ("task-0012".parse().unwrap(), LeaseOwner::of_task(1));
        let cause = StopCause::OutOfMemory;
        assert_eq!(killed, StoppedTask { task_id, owner, memory_mib: 2048, cause });
        assert_eq!(stopped("sqs-task-spot-interruption.json").cause, StopCause::TakenAway);
        assert_eq!(stopped("sqs-task-failed-to-start.json").cause, StopCause::NeverStarted);
        assert_eq!(stopped("sqs-task-finished.json").cause, StopCause::Ended(Some(0)));
        assert_eq!(Notice::read(&sample("sqs-schedule.json")).unwrap(), Notice::Scheduled);
    }

    #[test]
    fn what_concerns_no_job_asks_for_nothing() {
        let sample = sample("sqs-task-out-of-memory.json");
        let running = sample.replace("\"lastStatus\":\"STOPPED\",\"launchType\"", "\"launchType\"");
        let of_the_service = sample.replace("GRAPHNODE_TASK_ID", "OTHER");
        let running = running
            .replace("\"launchType\":\"FARGATE\",\"lastStatus\":\"STOPPED\"", "\"lastStatus\":\"RUNNING\"");
        for other in [&running, &of_the_service, &sample.replace("aws.ecs", "aws.ec2")] {
            assert_eq!(Notice::read(other).unwrap(), Notice::Other);
        }
        assert!(matches!(Notice::read("x"), Err(NoticeError::NoEvent(_))));
        let nobody = sample.replace("\"value\":\"task-0012\"", "\"value\":\"../x\"");
        assert!(matches!(Notice::read(&nobody), Err(NoticeError::Invalid(variables::TASK_ID))));
    }
}
