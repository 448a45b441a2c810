//! Tasks of ECS on Fargate: starting and stopping them here, what is told of them in `notice`.

mod notice;

use aws_config::SdkConfig;
use aws_sdk_ecs::Client;
use aws_sdk_ecs::error::SdkError;
use aws_sdk_ecs::types::{
    AssignPublicIp, AwsVpcConfiguration, CapacityProviderStrategyItem, ContainerOverride, EphemeralStorage,
    Failure, KeyValuePair, LaunchType, NetworkConfiguration, TaskOverride,
};
use graphnode_core::config::{ConfigError, Environment, variables};
use graphnode_core::ports::launcher::{
    CapacityShare, LaunchOutcome, LaunchRequest, LaunchedTask, TaskLauncher,
};
use graphnode_core::ports::{PortError, PortErrorKind, PortResult};

pub use self::notice::{Notice, NoticeError};

use crate::aws::{ServiceFailure, port_error};

/// Where tasks run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EcsSettings {
    /// Name or ARN of the cluster.
    pub cluster: String,
    /// Family, `family:revision` or ARN of the task definition.
    pub task_definition: String,
    /// The container whose environment is set.
    pub container: String,
    /// Private subnets.
    pub subnets: Vec<String>,
    /// Security groups.
    pub security_groups: Vec<String>,
    /// Capacity providers; without any, plain Fargate.
    pub capacity: Vec<CapacityShare>,
}

impl EcsSettings {
    /// The settings from the variables `GRAPHNODE_ECS_*`.
    ///
    /// # Errors
    /// [`ConfigError`] that names the variable.
    pub fn from_environment(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        let names = |name: &'static str| match environment.list::<String>(name) {
            Ok(list) if list.is_empty() => Err(ConfigError::Missing(name)),
            other => other,
        };
        Ok(Self {
            cluster: environment.required(variables::ECS_CLUSTER)?,
            task_definition: environment.required(variables::ECS_TASK_DEFINITION)?,
            container: environment.required(variables::ECS_CONTAINER)?,
            subnets: names(variables::ECS_SUBNETS)?,
            security_groups: names(variables::ECS_SECURITY_GROUPS)?,
            capacity: environment.list(variables::ECS_CAPACITY)?,
        })
    }
}

/// Starts tasks of one task definition in one cluster.
#[derive(Debug, Clone)]
pub struct EcsLauncher {
    client: Client,
    settings: EcsSettings,
}

impl EcsLauncher {
    /// A launcher with these settings.
    #[must_use]
    pub fn new(config: &SdkConfig, settings: EcsSettings) -> Self {
        Self { client: Client::new(config), settings }
    }

    fn network(&self) -> Result<NetworkConfiguration, aws_sdk_ecs::error::BuildError> {
        let vpc = AwsVpcConfiguration::builder()
            .set_subnets(Some(self.settings.subnets.clone()))
            .set_security_groups(Some(self.settings.security_groups.clone()))
            .assign_public_ip(AssignPublicIp::Disabled)
            .build()?;
        Ok(NetworkConfiguration::builder().awsvpc_configuration(vpc).build())
    }

    fn overrides(&self, request: &LaunchRequest) -> TaskOverride {
        let pair =
            |(name, value): (&String, &String)| KeyValuePair::builder().name(name).value(value).build();
        let container = ContainerOverride::builder()
            .name(&self.settings.container)
            .set_environment(Some(request.environment.iter().map(pair).collect()))
            .build();
        let disk = request.disk_gib.map(|gib| EphemeralStorage::builder().size_in_gib(gib as i32).build());
        TaskOverride::builder()
            .cpu(request.size.cpu_units().to_string())
            .memory(request.size.memory_mib().to_string())
            .set_ephemeral_storage(disk)
            .container_overrides(container)
            .build()
    }

    fn capacity(
        &self,
        request: &LaunchRequest,
    ) -> Result<Vec<CapacityProviderStrategyItem>, aws_sdk_ecs::error::BuildError> {
        let shares = if request.capacity.is_empty() { &self.settings.capacity } else { &request.capacity };
        let item = |share: &CapacityShare| {
            CapacityProviderStrategyItem::builder()
                .capacity_provider(&share.provider)
                .weight(share.weight as i32)
                .base(share.base as i32)
                .build()
        };
        shares.iter().map(item).collect()
    }
}

impl TaskLauncher for EcsLauncher {
    async fn launch(&self, request: &LaunchRequest) -> PortResult<LaunchOutcome> {
        const ATTEMPTED: &str = "run a task";
        let invalid = |error| PortError::new(PortErrorKind::Invalid, ATTEMPTED).with_source(error);
        let capacity = self.capacity(request).map_err(invalid)?;
        let launch_type = capacity.is_empty().then_some(LaunchType::Fargate);
        let answer = self
            .client
            .run_task()
            .cluster(&self.settings.cluster)
            .task_definition(&self.settings.task_definition)
            .client_token(request.client_token.as_str())
            .count(1)
            .set_launch_type(launch_type)
            .set_capacity_provider_strategy((!capacity.is_empty()).then_some(capacity))
            .network_configuration(self.network().map_err(invalid)?)
            .overrides(self.overrides(request))
            .started_by("graphnode")
            .send()
            .await;
        match answer {
            Ok(output) => {
                match (output.tasks().first().and_then(|task| task.task_arn()), output.failures()) {
                    (Some(arn), _) => Ok(LaunchOutcome::Started(LaunchedTask(arn.to_owned()))),
                    (None, failures) => Ok(refused(failures)),
                }
            }
            Err(error @ SdkError::ServiceError(_)) => {
                let failure = ServiceFailure::of(&error);
                outcome(&failure)
                    .ok_or_else(|| PortError::new(failure.kind(), ATTEMPTED).with_source(failure))
            }
            Err(error) => Err(port_error(ATTEMPTED, &error)),
        }
    }

    async fn stop(&self, task: &LaunchedTask, reason: &str) -> PortResult<()> {
        let request = self.client.stop_task().cluster(&self.settings.cluster).task(&task.0);
        let reason: String = reason.chars().take(255).collect();
        match request.reason(reason).send().await {
            Ok(_) => Ok(()),
            Err(error) => {
                let failure = ServiceFailure::of(&error);
                // ECS forgets a task an hour after its end.
                let unknown = failure.message.as_deref().is_some_and(|said| said.contains("not found"));
                if unknown {
                    Ok(())
                } else {
                    Err(PortError::new(failure.kind(), "stop a task").with_source(failure))
                }
            }
        }
    }
}

/// What `failures[]` of an answer without tasks means.
fn refused(failures: &[Failure]) -> LaunchOutcome {
    let said: Vec<String> = failures
        .iter()
        .map(|failure| {
            let detail = failure.detail().map(|detail| format!(" ({detail})")).unwrap_or_default();
            format!("{}{detail}", failure.reason().unwrap_or("no reason given"))
        })
        .collect();
    let reason = if said.is_empty() { "neither task nor failure".to_owned() } else { said.join(", ") };
    if is_about_capacity(&reason) || said.is_empty() {
        LaunchOutcome::NoCapacity { reason }
    } else {
        LaunchOutcome::Rejected { reason }
    }
}

/// What an error answer means; `None` where it is the port's own error.
fn outcome(failure: &ServiceFailure) -> Option<LaunchOutcome> {
    let reason = failure.to_string();
    match failure.kind() {
        PortErrorKind::RateLimited => Some(LaunchOutcome::Throttled { reason }),
        _ if failure.code.as_deref() == Some("ConflictException") => None,
        _ if is_about_capacity(&reason) => Some(LaunchOutcome::NoCapacity { reason }),
        PortErrorKind::Invalid | PortErrorKind::NotFound => Some(LaunchOutcome::Rejected { reason }),
        _ => None,
    }
}

/// ECS says it in words: `RESOURCE:FARGATE`, "Capacity is unavailable at this time", "You've reached the limit on the
/// number of vCPUs you can run concurrently".
fn is_about_capacity(reason: &str) -> bool {
    let reason = reason.to_lowercase();
    ["resource:", "capacity is unavailable", "insufficient capacity", "reached the limit", "limitexceeded"]
        .iter()
        .any(|words| reason.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(reason: &str) -> Vec<Failure> {
        vec![Failure::builder().reason(reason).build()]
    }

    #[test]
    fn want_of_capacity_is_told_from_a_mistake() {
        for reason in ["RESOURCE:FARGATE", "Capacity is unavailable at this time. Please try again later"] {
            assert!(matches!(refused(&failure(reason)), LaunchOutcome::NoCapacity { .. }), "{reason}");
        }
        assert!(matches!(refused(&failure("MISSING")), LaunchOutcome::Rejected { .. }));
        assert!(matches!(refused(&[]), LaunchOutcome::NoCapacity { .. }));
    }

    #[test]
    fn settings_name_the_variable_that_is_missing() {
        let pairs = [
            (variables::ECS_CLUSTER, "c"),
            (variables::ECS_TASK_DEFINITION, "t"),
            (variables::ECS_CONTAINER, "worker"),
            (variables::ECS_SUBNETS, "subnet-1, subnet-2"),
            (variables::ECS_SECURITY_GROUPS, "sg-1"),
            (variables::ECS_CAPACITY, "FARGATE_SPOT:4,FARGATE:1:1"),
        ];
        let settings = EcsSettings::from_environment(&Environment::of(&pairs)).unwrap();
        assert_eq!((settings.subnets.len(), settings.capacity.len()), (2, 2));
        let missing = EcsSettings::from_environment(&Environment::of(&pairs[..3]));
        assert_eq!(missing, Err(ConfigError::Missing(variables::ECS_SUBNETS)));
    }
}
