//! S3, SQS and ECS, held to the contracts of the ports on a server that speaks AWS.
#![cfg(all(feature = "s3", feature = "sqs", feature = "ecs", feature = "chroma"))]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it stands")]

use std::time::Duration;

use aws_sdk_ecs::types::{ContainerDefinition, NetworkMode};
use aws_sdk_sqs::types::QueueAttributeName;
use graphnode_adapters::aws;
use graphnode_adapters::ecs::{EcsLauncher, EcsSettings};
use graphnode_adapters::s3::{S3Objects, TransferSizes};
use graphnode_adapters::sqs::SqsQueue;
use graphnode_core::ids::TaskId;
use graphnode_core::keys::ObjectKey;
use graphnode_core::ports::launcher::{LaunchOutcome, TaskLauncher};
use graphnode_core::ports::objects::{Condition, ETag};
use graphnode_core::ports::transfer::{MultipartId, PresignedRequest};
use graphnode_core::ports::{DirectTransfer, Objects, PortErrorKind, Queue};
use graphnode_testkit::contracts::launcher::request;
use graphnode_testkit::contracts::transfer::Answered;
use graphnode_testkit::contracts::{
    self, AWS_ENDPOINT, jobs_contract, launcher_contract, objects_contract, queue_contract,
    transfer_contract, unique,
};

/// The configuration for the server under test, with credentials it does not check.
async fn config(what: &str) -> Option<aws_config::SdkConfig> {
    let endpoint = contracts::endpoint(AWS_ENDPOINT, what)?;
    let config = aws::load_with(
        aws_config::defaults(aws_config::BehaviorVersion::latest())
            .endpoint_url(endpoint)
            .region(aws_config::Region::new("ap-northeast-2"))
            .credentials_provider(aws_sdk_s3::config::Credentials::new("test", "test", None, None, "test")),
    );
    Some(config.await.unwrap())
}

async fn bucket(config: &aws_config::SdkConfig) -> S3Objects {
    let name = unique("contract");
    let builder = aws_sdk_s3::config::Builder::from(config).force_path_style(true);
    let region = aws_sdk_s3::types::BucketLocationConstraint::ApNortheast2;
    let place = aws_sdk_s3::types::CreateBucketConfiguration::builder().location_constraint(region).build();
    aws_sdk_s3::Client::from_conf(builder.build())
        .create_bucket()
        .bucket(&name)
        .create_bucket_configuration(place)
        .send()
        .await
        .unwrap();
    S3Objects::new(config, name.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s3_is_a_bucket() {
    let Some(config) = config("S3").await else { return };
    objects_contract(&bucket(&config).await).await;
}

/// A client that has an address and nothing else.
async fn send(_: &ObjectKey, request: PresignedRequest, body: Vec<u8>) -> Answered {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let method = request.method.parse().unwrap();
    let mut asked = reqwest::Client::new().request(method, &request.url);
    for (name, value) in &request.headers {
        asked = asked.header(name, value);
    }
    let answer = asked.body(body).send().await.unwrap();
    assert!(answer.status().is_success(), "{}: {}", answer.status(), answer.text().await.unwrap());
    let etag = answer.headers().get("etag").map(|etag| ETag::new(etag.to_str().unwrap()));
    Answered { etag, body: answer.bytes().await.unwrap().to_vec() }
}

#[tokio::test]
async fn s3_takes_and_gives_objects_by_signed_addresses() {
    const MIB: u64 = 1 << 20;
    let Some(config) = config("S3").await else { return };
    let sizes = TransferSizes { whole: MIB, part: 5 * MIB };
    let objects = bucket(&config).await.with_transfer_sizes(sizes);
    transfer_contract(&objects, send, Some(11 * MIB as usize)).await;
}

/// S3 forgets an upload that is completed; whoever lost the answer asks again.
#[tokio::test]
async fn an_upload_that_s3_has_forgotten_is_completed_if_its_object_is_there() {
    let Some(config) = config("S3").await else { return };
    let (objects, key) = (bucket(&config).await, "uploads/u/up-1/export".parse().unwrap());
    let (forgotten, tags) = (MultipartId(unique("upload")), [ETag::new("\"0\"")]);
    let error = objects.complete(&key, &forgotten, &tags).await.unwrap_err();
    assert_eq!(error.kind(), PortErrorKind::NotFound);
    objects.put(&key, b"sent".to_vec(), "application/zip", &Condition::Always).await.unwrap();
    objects.complete(&key, &forgotten, &tags).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_in_s3_have_one_claimant() {
    let Some(config) = config("the job store on S3").await else { return };
    jobs_contract(&bucket(&config).await).await;
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_said_so() {
    let Some(config) = config("S3").await else { return };
    let objects = S3Objects::new(&config, unique("nowhere").parse().unwrap());
    let error = objects.read(&"a".parse().unwrap(), 0..1, None).await.unwrap_err();
    assert_eq!(error.kind(), PortErrorKind::NotFound);
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_unavailable() {
    let nobody = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .endpoint_url("http://127.0.0.1:9")
        .region(aws_config::Region::new("ap-northeast-2"))
        .credentials_provider(aws_sdk_s3::config::Credentials::new(
            "test",
            "very-secret",
            None,
            None,
            "test",
        ));
    let config = aws::load_with(nobody).await.unwrap();
    let error =
        S3Objects::new(&config, "bucket".parse().unwrap()).head(&"a".parse().unwrap()).await.unwrap_err();
    assert_eq!(error.kind(), PortErrorKind::Unavailable);
    let said = format!("{error} {error:?}");
    assert!(said.contains("onnect") && !said.contains("very-secret"), "{said}");
}

async fn queue(client: &aws_sdk_sqs::Client, attributes: &[(QueueAttributeName, String)]) -> String {
    let mut request = client.create_queue().queue_name(unique("contract"));
    for (name, value) in attributes {
        request = request.attributes(name.clone(), value);
    }
    request.send().await.unwrap().queue_url.unwrap()
}

#[tokio::test]
async fn sqs_is_a_queue() {
    let Some(config) = config("SQS").await else { return };
    let client = aws_sdk_sqs::Client::new(&config);
    let dead = queue(&client, &[]).await;
    let arn = client
        .get_queue_attributes()
        .queue_url(&dead)
        .attribute_names(QueueAttributeName::QueueArn)
        .send()
        .await;
    let arn = arn.unwrap().attributes.unwrap()[&QueueAttributeName::QueueArn].clone();
    let redrive = format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":2}}"#);
    let url = queue(&client, &[(QueueAttributeName::RedrivePolicy, redrive)]).await;
    queue_contract(&SqsQueue::new(&config, url), &SqsQueue::new(&config, dead)).await;
}

#[tokio::test]
async fn a_queue_that_is_not_there_is_said_so() {
    let Some(config) = config("SQS").await else { return };
    let endpoint = config.endpoint_url().unwrap().to_owned();
    let queue = SqsQueue::new(&config, format!("{endpoint}/123456789012/{}", unique("nowhere")));
    let error = queue.send("x", Duration::ZERO).await.unwrap_err();
    assert_eq!(error.kind(), PortErrorKind::NotFound, "{:?}", std::error::Error::source(&error));
}

/// One of the subnets the server has from its start: it asks for a real one. (By hand, as no other test needs EC2.)
async fn subnet(config: &aws_config::SdkConfig) -> String {
    let signed = "AWS4-HMAC-SHA256 Credential=test/20260101/ap-northeast-2/ec2/aws4_request, SignedHeaders=host, Signature=0";
    let _ = rustls::crypto::ring::default_provider().install_default();
    let request = reqwest::Client::new()
        .post(config.endpoint_url().unwrap())
        .header("authorization", signed)
        .header("content-type", "application/x-www-form-urlencoded")
        .body("Action=DescribeSubnets&Version=2016-11-15");
    let answer = request.send().await.unwrap().text().await.unwrap();
    let start = answer.find("<subnetId>").expect("a subnet") + "<subnetId>".len();
    answer[start..].split('<').next().unwrap().to_owned()
}

async fn settings(config: &aws_config::SdkConfig) -> EcsSettings {
    let client = aws_sdk_ecs::Client::new(config);
    let cluster = unique("contract");
    client.create_cluster().cluster_name(&cluster).send().await.unwrap();
    let container = ContainerDefinition::builder().name("worker").image("worker").memory(512).build();
    let family = unique("contract");
    let registered = client.register_task_definition().family(&family).network_mode(NetworkMode::Awsvpc);
    registered.cpu("1024").memory("2048").container_definitions(container).send().await.unwrap();
    EcsSettings {
        cluster,
        task_definition: family,
        container: "worker".to_owned(),
        subnets: vec![subnet(config).await],
        security_groups: vec!["sg-1".to_owned()],
        capacity: vec!["FARGATE_SPOT:4".parse().unwrap(), "FARGATE:1:1".parse().unwrap()],
    }
}

#[tokio::test]
async fn ecs_starts_tasks() {
    let Some(config) = config("ECS").await else { return };
    let settings = settings(&config).await;
    let launcher = EcsLauncher::new(&config, settings.clone());
    let task_id: TaskId = unique("probe").parse().unwrap();
    let started = [
        launcher.launch(&request(&task_id, 1)).await.unwrap(),
        launcher.launch(&request(&task_id, 1)).await.unwrap(),
    ];
    let honours_tokens = started[0] == started[1];
    if !honours_tokens {
        println!("SKIPPED: client tokens are not tested, as this server models none");
    }
    launcher_contract(&launcher, honours_tokens).await;

    let nowhere = EcsSettings { cluster: unique("nowhere"), ..settings };
    let outcome = EcsLauncher::new(&config, nowhere).launch(&request(&task_id, 3)).await.unwrap();
    assert!(matches!(outcome, LaunchOutcome::Rejected { .. }), "{outcome:?}");
}
