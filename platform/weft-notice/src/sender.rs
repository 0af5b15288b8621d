//! One message to one receiver.

use std::error::Error as _;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use std::sync::Arc;

use crate::address::{self, PublicOnly};
use crate::cloud_event::{CloudEvent, MEDIA_TYPE};
use crate::{NoticeError, Webhook};

/// So much of an answer is read, so that its connection can be used again; nothing of it is kept.
const ANSWER_MAX: usize = 16 << 10;

/// What came of sending a message once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The receiver has it.
    Delivered,
    /// The receiver wants nothing any more.
    Gone,
    /// Whether the receiver has it is not known. Says why, without URL and secret.
    Failed(String),
}

/// Sends messages to one receiver.
#[derive(Clone, Debug)]
pub(crate) struct Sender {
    webhook: Webhook,
    http: Client,
    deadline: Duration,
}

impl Sender {
    pub(crate) fn new(webhook: Webhook, deadline: Duration) -> Result<Self, NoticeError> {
        // Where a receiver sends one on to was not configured by anybody, and behind a proxy nobody knows which address is
        // connected to.
        let http = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .timeout(deadline)
            .connect_timeout(deadline)
            .user_agent(concat!("weft/", env!("CARGO_PKG_VERSION")));
        let http = match webhook.allows_private {
            true => http,
            false => http.https_only(true).dns_resolver(Arc::new(PublicOnly)),
        };
        let http = http.build().map_err(|source| NoticeError::Client { source })?;
        Ok(Sender { webhook, http, deadline })
    }

    pub(crate) fn webhook(&self) -> &Webhook {
        &self.webhook
    }

    /// Posts `event` with a signature by each secret, made at `now`.
    pub(crate) async fn send(&self, event: CloudEvent, now: DateTime<Utc>) -> Answer {
        if let Some(address) = address::refused(&self.webhook.url).filter(|_| !self.webhook.allows_private) {
            return Answer::Failed(format!("its address {address} is private"));
        }
        let timestamp = now.timestamp();
        let secrets = self.webhook.secrets.current().await;
        let signatures: Vec<String> =
            secrets.iter().map(|secret| secret.sign(&event.id, timestamp, &event.body)).collect();
        let mut request = self
            .http
            .post(self.webhook.url.clone())
            .header(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE))
            .header("webhook-id", &event.id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signatures.join(" "));
        if let Some(traceparent) = &event.traceparent {
            request = request.header("traceparent", traceparent);
        }
        match request.body(event.body).send().await {
            Ok(response) => judged(response).await,
            Err(error) if error.is_timeout() => {
                Answer::Failed(format!("it gave no answer within {:.1} s", self.deadline.as_secs_f64()))
            }
            Err(error) => Answer::Failed(format!("it cannot be reached: {}", cause(&error.without_url()))),
        }
    }
}

async fn judged(mut response: Response) -> Answer {
    let status = response.status();
    let mut read = 0;
    while read < ANSWER_MAX {
        match response.chunk().await {
            Ok(Some(bytes)) => read += bytes.len(),
            // The status says all that counts, whatever becomes of the rest.
            Ok(None) | Err(_) => break,
        }
    }
    match status {
        StatusCode::GONE => Answer::Gone,
        status if status.is_success() => Answer::Delivered,
        status => Answer::Failed(format!("it answered {}", status.as_u16())),
    }
}

/// What is at the bottom of an error: what is above it says only that something could not be sent.
fn cause(error: &reqwest::Error) -> String {
    let mut cause = error.source();
    while let Some(below) = cause.and_then(std::error::Error::source) {
        cause = Some(below);
    }
    cause.map_or_else(|| error.to_string(), ToString::to_string)
}
