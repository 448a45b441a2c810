//! Uploads on one machine, where there is no address to sign: the server that serves the API takes the bytes itself.
//!
//! Whoever wires [`FolderObjects`] into a server must serve `PUT uploads/{upload_id}/content`, relative to the API's
//! own address: it asks who the client is as for any other request, takes exactly what was announced and writes it to
//! [`keys::upload`]. So whose upload it is comes from the client's proof and stands in no address. Results are sent by
//! the same server: [`share`](DirectTransfer::share) has nothing to name.

use std::time::Duration;

use graphnode_core::ids::UploadId;
use graphnode_core::keys::{self, ObjectKey};
use graphnode_core::ports::objects::ETag;
use graphnode_core::ports::transfer::{Announced, DirectTransfer, Invitation, MultipartId, PresignedRequest};
use graphnode_core::ports::{PortError, PortErrorKind, PortResult};

use super::FolderObjects;

impl DirectTransfer for FolderObjects {
    /// In one piece, whatever its size; for the key of an upload and no other. The server decides until when.
    async fn invite(
        &self,
        key: &ObjectKey,
        announced: Announced<'_>,
        _valid: Duration,
    ) -> PortResult<Invitation> {
        let (_, upload_id) = keys::parse_upload(key).ok_or_else(|| {
            PortError::new(PortErrorKind::Invalid, format!("invite {}", key.for_log()))
                .with_source("not the key of an upload")
        })?;
        Ok(Invitation::Whole(PresignedRequest {
            method: "PUT",
            url: content_path(&upload_id),
            headers: vec![("content-type".to_owned(), announced.content_type.to_owned())],
        }))
    }

    /// There are no parts, so there is nothing to complete.
    async fn complete(&self, key: &ObjectKey, _id: &MultipartId, _parts: &[ETag]) -> PortResult<()> {
        Err(PortError::new(PortErrorKind::NotFound, format!("complete {}", key.for_log())))
    }

    async fn share(&self, _key: &ObjectKey, _valid: Duration) -> PortResult<Option<PresignedRequest>> {
        Ok(None)
    }
}

/// Of the characters an id may have, `|` alone must be escaped in a path.
fn content_path(upload_id: &UploadId) -> String {
    format!("uploads/{}/content", upload_id.as_str().replace('|', "%7C"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_address_names_the_upload_and_not_the_person() {
        let place = tempfile::tempdir().unwrap();
        let objects = FolderObjects::open(place.path()).unwrap();
        let announced = Announced { bytes: 1 << 40, content_type: "application/zip" };
        let key = keys::upload(&"auth0|7".parse().unwrap(), &"up|1".parse().unwrap());
        let invited = objects.invite(&key, announced, Duration::ZERO).await.unwrap();
        let Invitation::Whole(request) = invited else { panic!("{invited:?}") };
        assert_eq!((request.method, request.url.as_str()), ("PUT", "uploads/up%7C1/content"));
        assert_eq!(request.headers, [("content-type".to_owned(), "application/zip".to_owned())]);
        for other in ["results/t-1/graph.json", "uploads/u/up-1/ticket.json", "uploads/export"] {
            let error = objects.invite(&other.parse().unwrap(), announced, Duration::ZERO).await.unwrap_err();
            assert_eq!(error.kind(), PortErrorKind::Invalid, "{other}");
        }
    }
}
