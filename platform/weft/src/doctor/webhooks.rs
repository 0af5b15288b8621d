//! Whom the mesh tells of what happens in it. Nobody is told anything here, nor connected to.

use futures::future::join_all;
use weft_notice::{NoticeError, Webhook};

use super::{ANSWER_MAX, Found, Looked, Trouble};
use crate::settings::Settings;

/// What there is to say of each, or that there is none.
pub(super) async fn webhooks(settings: &Settings) -> Vec<Looked> {
    match settings.webhooks.as_slice() {
        [] => vec![Ok(Found::NotAsked("none is configured".to_owned()))],
        all => join_all(all.iter().map(webhook)).await,
    }
}

async fn webhook(webhook: &Webhook) -> Looked {
    let name = &webhook.name;
    let unusable = |error: NoticeError| {
        let help = match error {
            NoticeError::Private { .. } => {
                "name a receiver on the Internet, or allow this network with `allow_private = true`"
            }
            NoticeError::Unresolved { .. } => "see whether the host in its `url` is right, and known to this machine",
            _ => "each of its `secrets` names a file that Weft may read: `whsec_`, and 24 to 64 bytes in base64",
        };
        Trouble::new(format!("`{name}` cannot be told of anything: {error}"), help)
    };
    let secrets = webhook.secrets.look().await.map_err(unusable)?;
    let addresses = tokio::time::timeout(ANSWER_MAX, webhook.addresses()).await.map_err(|_| {
        Trouble::new(
            format!("`{name}` cannot be told of anything: its host was not found within {} s", ANSWER_MAX.as_secs()),
            "see whether the name server of this machine answers",
        )
    })?;
    let addresses = addresses.map_err(unusable)?;
    let shown: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    let signed = if secrets == 1 { "one secret".to_owned() } else { format!("{secrets} secrets") };
    Ok(Found::Well(format!("`{name}` leads to {}, signed with {signed}", shown.join(", "))))
}
