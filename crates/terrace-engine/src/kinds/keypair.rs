//! Keypairs. Their id is their name; they belong to the user.

use terrace_api::compute::{self, Keypair};
use terrace_api::{ApiError, Session};
use terrace_model::{Object, ObjectState, Value};

use super::{New, Objects, attributes, some_text, text, text_or_null};

pub(super) async fn list(session: &Session) -> Result<Objects<'static>, ApiError> {
    let all: Vec<Keypair> = session.all(compute::keypairs()).await?;
    Ok(Box::new(all.into_iter().map(object)))
}

pub(super) async fn get(session: &Session, id: &str) -> Result<Object, ApiError> {
    session.one(compute::keypair(id)).await.map(object)
}

pub(super) async fn create(session: &Session, new: &New<'_>) -> Result<Object, ApiError> {
    // Nova refuses a key of more than one line, and a here-document ends in a newline.
    let key = text(new.desired, "public_key").split_whitespace().collect::<Vec<_>>().join(" ");
    let name = text(new.desired, "name");
    let kind = some_text(new.desired, "type");
    session.one(compute::import_keypair(name, &key, kind.as_deref())).await.map(object)
}

fn object(keypair: Keypair) -> Object {
    Object {
        attributes: attributes([
            ("id", Value::text(&keypair.name)),
            ("name", Value::text(&keypair.name)),
            ("public_key", Value::text(&keypair.public_key)),
            ("type", text_or_null(keypair.key_type.as_deref())),
            ("fingerprint", text_or_null(Some(&keypair.fingerprint))),
            ("user_id", text_or_null(keypair.user_id.as_deref())),
        ]),
        id: keypair.name,
        state: ObjectState::Ready,
        revision: None,
        marker: None,
    }
}
