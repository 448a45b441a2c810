//! `graphnode admin`: messages that nobody understood in the cloud, for whoever runs it.

mod list;
mod redrive;
mod show;

use std::fmt::Display;
use std::str::FromStr;

use graphnode_adapters::aws::{self, SdkConfig};
use graphnode_adapters::s3::S3Objects;
use graphnode_adapters::sqs::SqsQueue;
use graphnode_core::config::{Environment, variables};
use graphnode_core::error::with_sources;
use graphnode_core::ids::BucketName;
use graphnode_core::ports::{PortError, PortErrorKind};
use graphnode_jobs::kept_messages::Known;
use serde_json::{Value, json};

use crate::cli::Admin;
use crate::failure::Failure;

/// Does what was asked for.
pub(super) fn run(admin: &Admin, json: bool) -> Result<(), Failure> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::Runtime)?;
    runtime.block_on(async {
        match admin {
            Admin::List => list::run(&Bucket::open().await?, json).await,
            Admin::Show(show) => show::run(&Bucket::open().await?, &show.id, json).await,
            Admin::Redrive(redrive) => {
                let url: String = variable(variables::REQUEST_QUEUE_URL)?;
                let bucket = Bucket::open().await?;
                let requests = SqsQueue::new(&bucket.aws, url);
                redrive::run(&bucket, &requests, redrive, json).await
            }
        }
    })
}

/// The bucket that messages are kept in.
struct Bucket {
    name: BucketName,
    objects: S3Objects,
    aws: SdkConfig,
}

impl Bucket {
    async fn open() -> Result<Self, Failure> {
        let name: BucketName = variable(variables::BUCKET)?;
        let aws = aws::load().await.map_err(Failure::AdminEnvironment)?;
        aws::check_credentials(&aws).await.map_err(|error| Failure::NoCredentials(with_sources(&error)))?;
        Ok(Self { objects: S3Objects::new(&aws, name.clone()), name, aws })
    }

    /// Why the bucket could not be asked.
    fn failure(&self, error: &PortError) -> Failure {
        match error.kind() {
            PortErrorKind::NotFound => Failure::NoBucket(self.name.clone()),
            _ => Failure::Bucket { bucket: self.name.clone(), problem: with_sources(error) },
        }
    }
}

fn variable<T: FromStr<Err: Display>>(name: &'static str) -> Result<T, Failure> {
    Environment::process().required(name).map_err(Failure::AdminEnvironment)
}

/// What is said where there is nothing.
const NOTHING_KEPT: &str = "no messages are kept";

/// What is known of a message, for machines.
fn described(known: &Known) -> Value {
    json!({
        "id": known.id,
        "taskId": known.task_id,
        "reason": known.reason,
        "answered": known.answered,
        "sentAt": known.sent_at,
        "keptAt": known.kept_at,
        "bytes": known.bytes,
    })
}
