//! `graphnode-task`: what runs in Fargate.
//!
//! - without arguments: the one job that `GRAPHNODE_TASK_ID` names, where it is set, as by the worker's RunTask; else as a
//!   scaled service starts it, with `--drain`: one task definition does for both;
//! - `--drain`: the request queue until it is empty for a while;
//! - `--health`: embeds known sentences and checks them, for the container's health check.
//!
//! SIGTERM (Spot, a stop, a new deployment) makes a job save what it has and go back to the queue.

mod context;
mod health;

use std::process::ExitCode;

use anyhow::bail;
use graphnode_core::config::{Environment, variables};
use graphnode_jobs::{DrainSettings, StopSignal};
use graphnode_logging::start_logging;
use signal_hook::consts::SIGTERM;
use signal_hook::flag;

use crate::context::Context;

// One thread for waiting: what computes has threads of its own.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    start_logging(&Environment::process());
    match run(std::env::args().nth(1).as_deref()).await {
        Ok(code) => code,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "task failed");
            ExitCode::FAILURE
        }
    }
}

async fn run(mode: Option<&str>) -> anyhow::Result<ExitCode> {
    let environment = Environment::process();
    // On the heap: the futures of a whole job are too deep for the compiler to lay out in one piece.
    match mode {
        Some("--health") => health::check(&environment.required::<std::path::PathBuf>(variables::MODEL)?)?,
        None if environment.optional::<String>(variables::TASK_ID)?.is_some() => {
            return Box::pin(one_job(&environment)).await;
        }
        Some("--drain") | None => Box::pin(drain(&environment)).await?,
        Some(_) => bail!("the only arguments are --drain and --health"),
    }
    Ok(ExitCode::SUCCESS)
}

async fn one_job(environment: &Environment<'_>) -> anyhow::Result<ExitCode> {
    let task_id = environment.required(variables::TASK_ID)?;
    let owner = environment.required(variables::LEASE_OWNER)?;
    let context = Context::from_environment(environment).await?;
    let shift = context.shift(environment, stop_on_sigterm()?)?;
    // Why it failed stands in the log by then, with the ids of the job.
    let done = context.service.run_task(&task_id, &owner, &shift).await;
    Ok(if done.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn drain(environment: &Environment<'_>) -> anyhow::Result<()> {
    let mut settings = DrainSettings::default();
    if let Some(seconds) = environment.optional(variables::DRAIN_IDLE_SECONDS)? {
        settings.idle = std::time::Duration::from_secs(seconds);
        settings.wait = settings.wait.min(settings.idle);
    }
    let context = Context::from_environment(environment).await?;
    let shift = context.shift(environment, stop_on_sigterm()?)?;
    let handled = context.service.drain(&settings, &shift).await?;
    tracing::info!(handled, "queue drained");
    Ok(())
}

/// A signal that SIGTERM sets.
fn stop_on_sigterm() -> anyhow::Result<StopSignal> {
    let stop = StopSignal::default();
    flag::register(SIGTERM, stop.flag())?;
    Ok(stop)
}
