//! S3, SQS, ECS and Secrets Manager, held to the contracts of the ports on a server that speaks AWS.
#![cfg(all(feature = "s3", feature = "sqs", feature = "ecs", feature = "secrets"))]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it stands")]

use std::time::Duration;

use aws_sdk_ecs::types::{ContainerDefinition, NetworkMode};
use aws_sdk_sqs::types::QueueAttributeName;
use graphnode_adapters::aws;
use graphnode_adapters::ecs::{EcsLauncher, EcsSettings};
use graphnode_adapters::s3::{S3Objects, TransferSizes};
use graphnode_adapters::secrets::{ChromaAccess, ChromaAccessError};
use graphnode_adapters::sqs::SqsQueue;
use graphnode_core::config::{Environment, variables};
use graphnode_core::error::with_sources;
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

/// Chroma with the secret of that name, beside a key in the environment.
fn access(secret: &str) -> ChromaAccess {
    let pairs = [
        (variables::CHROMA_URL, "http://chroma:8000"),
        (variables::CHROMA_API_KEY, "ck-of-the-environment"),
        (variables::CHROMA_SECRET_ARN, secret),
    ];
    ChromaAccess::from_environment(&Environment::of(&pairs)).unwrap()
}

#[tokio::test]
async fn the_key_of_chroma_comes_from_a_secret_by_name_and_by_arn() {
    let Some(config) = config("Secrets Manager").await else { return };
    let client = aws_sdk_secretsmanager::Client::new(&config);
    let (name, said) = (unique("chroma"), r#"{"apiKey": "ck-very-secret", "tenant": "t-1", "more": 1}"#);
    let made = client.create_secret().name(&name).secret_string(said).send().await.unwrap();
    for named in [name.as_str(), made.arn.as_deref().unwrap()] {
        let settings = access(named).resolved(&config).await.unwrap();
        assert_eq!(settings.token.as_ref().unwrap().expose(), "ck-very-secret");
        assert_eq!((settings.tenant.as_str(), settings.database.as_str()), ("t-1", "default_database"));
        assert!(!format!("{settings:?}").contains("ck-very-secret"));
        access(named).connect(&config).await.unwrap();
    }
    let unnamed = ChromaAccess { secret: None, ..access(&name) };
    let token = unnamed.resolved(&config).await.unwrap().token.unwrap();
    assert_eq!(token.expose(), "ck-of-the-environment");
}

#[tokio::test]
async fn a_secret_that_is_missing_or_useless_is_told_with_the_mend() {
    let Some(config) = config("Secrets Manager").await else { return };
    let missing = access(&unique("nowhere")).connect(&config).await.unwrap_err();
    assert!(matches!(missing, ChromaAccessError::Missing), "{missing:?}");
    let client = aws_sdk_secretsmanager::Client::new(&config);
    for (content, expected) in
        [("ck-very-secret", "is not JSON"), (r#"{"key": "ck-very-secret"}"#, "no apiKey")]
    {
        let name = unique("chroma");
        client.create_secret().name(&name).secret_string(content).send().await.unwrap();
        let error = access(&name).connect(&config).await.unwrap_err();
        let said = format!("{} {error:?}", with_sources(&error));
        assert!(said.contains(expected) && said.contains("CHROMA_SECRET_ARN"), "{said}");
        assert!(!said.contains("ck-very-secret"), "{said}");
    }
    let bytes = unique("chroma");
    let blob = aws_sdk_secretsmanager::primitives::Blob::new(b"ck".to_vec());
    client.create_secret().name(&bytes).secret_binary(blob).send().await.unwrap();
    let error = access(&bytes).connect(&config).await.unwrap_err();
    assert!(matches!(error, ChromaAccessError::NotJson), "{error:?}");
}

/// A server of AWS's manners that answers every request with one error. (The other one asks for no permission.)
async fn refusing(code: &str) -> aws_config::SdkConfig {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let body = format!(r#"{{"__type": "{code}", "message": "no"}}"#);
    let answer = format!(
        "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: application/x-amz-json-1.1\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            // Small as it is, the request comes in one piece.
            let _ = stream.read(&mut [0; 16 << 10]).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    let loader = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .region(aws_config::Region::new("ap-northeast-2"))
        .credentials_provider(aws_sdk_s3::config::Credentials::new("test", "test", None, None, "test"));
    aws::load_with(loader).await.unwrap()
}

#[tokio::test]
async fn a_secret_is_missing_or_denied_by_the_code_alone() {
    let error = access("chroma").connect(&refusing("ResourceNotFoundException").await).await.unwrap_err();
    assert!(matches!(error, ChromaAccessError::Missing), "{error:?}");
    for code in ["AccessDeniedException", "DecryptionFailure"] {
        let error = access("chroma").connect(&refusing(code).await).await.unwrap_err();
        assert!(matches!(error, ChromaAccessError::Denied(_)), "{error:?}");
        let said = with_sources(&error);
        assert!(
            said.contains("CHROMA_SECRET_ARN") && said.contains("secretsmanager:GetSecretValue"),
            "{said}"
        );
    }
}
