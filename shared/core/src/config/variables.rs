//! The name of every variable, with what it holds. A name of a resource has no default.
//!
//! Region and credentials of AWS come from the standard variables (`AWS_REGION`, `AWS_ENDPOINT_URL`, …), which the
//! AWS configuration reads by itself.

/// Bucket of job records and results; inputs lie here unless a request names another. Required.
pub const BUCKET: &str = "GRAPHNODE_BUCKET";
/// Further buckets a request may name, separated by commas.
pub const INPUT_BUCKETS: &str = "GRAPHNODE_INPUT_BUCKETS";
/// URL of the queue that requests come from. Required where requests are sent or polled.
pub const REQUEST_QUEUE_URL: &str = "GRAPHNODE_REQUEST_QUEUE_URL";
/// URL of the queue that progress and results go to. Required where jobs run.
pub const RESULT_QUEUE_URL: &str = "GRAPHNODE_RESULT_QUEUE_URL";
/// URL of the queue for messages that nobody could process. Required where they are answered.
pub const DEAD_LETTER_QUEUE_URL: &str = "GRAPHNODE_DEAD_LETTER_QUEUE_URL";
/// URL of the queue that is told of tasks that stop, and when to look for those that said nothing. Required where jobs of
/// such tasks are put back.
pub const TASK_EVENTS_QUEUE_URL: &str = "GRAPHNODE_TASK_EVENTS_QUEUE_URL";

/// Most bytes of an upload; 500,000,000 by default.
pub const MAX_UPLOAD_BYTES: &str = "GRAPHNODE_MAX_UPLOAD_BYTES";
/// Jobs of one person that may be queued or running at a time; 5 by default.
pub const MAX_TASKS_IN_FLIGHT: &str = "GRAPHNODE_MAX_TASKS_IN_FLIGHT";

/// Cluster that tasks are started in. Required where tasks are started.
pub const ECS_CLUSTER: &str = "GRAPHNODE_ECS_CLUSTER";
/// Task definition, with or without its revision. Required where tasks are started.
pub const ECS_TASK_DEFINITION: &str = "GRAPHNODE_ECS_TASK_DEFINITION";
/// Name of the container whose environment is set. Required where tasks are started.
pub const ECS_CONTAINER: &str = "GRAPHNODE_ECS_CONTAINER";
/// Private subnets of tasks, separated by commas. Required where tasks are started.
pub const ECS_SUBNETS: &str = "GRAPHNODE_ECS_SUBNETS";
/// Security groups of tasks, separated by commas. Required where tasks are started.
pub const ECS_SECURITY_GROUPS: &str = "GRAPHNODE_ECS_SECURITY_GROUPS";
/// Where tasks run: `provider:weight[:base]`, separated by commas, such as `FARGATE_SPOT:4,FARGATE:1:1`; without it
/// plain Fargate.
pub const ECS_CAPACITY: &str = "GRAPHNODE_ECS_CAPACITY";

/// Set for a started task: the job it shall do.
pub const TASK_ID: &str = "GRAPHNODE_TASK_ID";
/// Set for a started task: the owner of the job's lease that it is.
pub const LEASE_OWNER: &str = "GRAPHNODE_LEASE_OWNER";

/// URL of Chroma: scheme, host, port and, behind a proxy, a path. Required where vectors are written or searched.
pub const CHROMA_URL: &str = "CHROMA_URL";
/// Token of Chroma Cloud, sent as `x-chroma-token`. A secret.
pub const CHROMA_API_KEY: &str = "CHROMA_API_KEY";
/// Tenant in Chroma's paths; `default_tenant` is what a server of one's own has.
pub const CHROMA_TENANT: &str = "CHROMA_TENANT";
/// Database in Chroma's paths; `default_database` is what a server of one's own has.
pub const CHROMA_DATABASE: &str = "CHROMA_DATABASE";
/// ARN or name of a secret of Secrets Manager whose value is `{"apiKey": "…", "tenant": "…", "database": "…"}`, the last
/// two optional. What it says overrules [`CHROMA_API_KEY`], [`CHROMA_TENANT`] and [`CHROMA_DATABASE`].
pub const CHROMA_SECRET_ARN: &str = "CHROMA_SECRET_ARN";
/// Collection of the vectors; `graph_nodes_v1` by default, as the wire contract has it.
pub const CHROMA_COLLECTION: &str = "CHROMA_COLLECTION";
/// Writes in flight at a time, 1 to 10; 4 by default. With several writers their sum should stay within 10.
pub const CHROMA_PARALLEL_WRITES: &str = "CHROMA_PARALLEL_WRITES";

/// Folder of the sentence model. Required where jobs run or queries are embedded.
pub const MODEL: &str = "GRAPHNODE_MODEL";
/// Memory of the function in MiB, set by Lambda itself; it also says the function's share of virtual CPUs.
pub const FUNCTION_MEMORY: &str = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE";
/// Names this deployment in metrics: 1 to 128 letters, digits, `-`, `_` and `.`, such as the name of its stack; `default`
/// by default. Two deployments in one account need two names.
pub const ENVIRONMENT: &str = "GRAPHNODE_ENVIRONMENT";
/// Names the environment a function runs in, set by Lambda itself.
pub const LOG_STREAM: &str = "AWS_LAMBDA_LOG_STREAM_NAME";
/// Scratch disk of the function in MiB, as its template has it; 512 by default, as Lambda has it.
pub const SCRATCH_MIB: &str = "GRAPHNODE_SCRATCH_MIB";
/// Jobs up to this many bytes run in the function, larger ones in a task: overrules the rule from measured figures.
pub const MAX_INLINE_BYTES: &str = "GRAPHNODE_MAX_INLINE_BYTES";
/// Seconds a claim of a job holds without renewal; 90 by default.
pub const LEASE_SECONDS: &str = "GRAPHNODE_LEASE_SECONDS";
/// Seconds a started task may take; 6 hours by default.
pub const TASK_SECONDS: &str = "GRAPHNODE_TASK_SECONDS";
/// Seconds the request queue must stay empty before a draining task ends; 60 by default.
pub const DRAIN_IDLE_SECONDS: &str = "GRAPHNODE_DRAIN_IDLE_SECONDS";
