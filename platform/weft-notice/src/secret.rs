//! Secrets that receivers share, and signatures by them: Standard Webhooks, `v1`.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, Mac as _};
use parking_lot::Mutex;
use sha2::Sha256;

use crate::NoticeError;

/// What secrets begin with as text.
const PREFIX: &str = "whsec_";

/// How many bytes a secret has.
const BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// A secret that one receiver shares. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// The secret that is written `whsec_` and base64; space around it does not count.
    ///
    /// # Errors
    ///
    /// [`NoticeError::Secret`] if it is none, or is too short or too long.
    pub fn parse(text: &str) -> Result<Secret, NoticeError> {
        let encoded = text.trim().strip_prefix(PREFIX).ok_or(NoticeError::Secret)?;
        let bytes = BASE64_STANDARD.decode(encoded).map_err(|_| NoticeError::Secret)?;
        if BYTES.contains(&bytes.len()) { Ok(Secret(bytes)) } else { Err(NoticeError::Secret) }
    }

    /// The signature `v1,…` of a message.
    pub(crate) fn sign(&self, id: &str, timestamp: i64, body: &str) -> String {
        // A key of any length will do, so that there is always one.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return String::new() };
        mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
        format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// The secrets of one webhook, the newest first. While a secret is changed there are two, and a message has a signature
/// by each, so that the receiver may change at any moment. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Secrets {
    files: Arc<[PathBuf]>,
    known: Arc<Mutex<Arc<[Secret]>>>,
}

impl Secrets {
    /// The secrets in these files, one in each. They are read again for each message, so that they may change.
    ///
    /// # Errors
    ///
    /// [`NoticeError::SecretFile`] and [`NoticeError::SecretInFile`] for the first that holds none.
    pub fn in_files(files: Vec<PathBuf>) -> Result<Secrets, NoticeError> {
        let mut secrets = Vec::with_capacity(files.len());
        for file in &files {
            let text = std::fs::read_to_string(file);
            secrets.push(secret_in(file, text)?);
        }
        Ok(Secrets { files: files.into(), known: Arc::new(Mutex::new(secrets.into())) })
    }

    /// These secrets, which do not change.
    pub fn fixed(secrets: Vec<Secret>) -> Secrets {
        Secrets { files: Arc::new([]), known: Arc::new(Mutex::new(secrets.into())) }
    }

    /// Reads the secrets anew, and says how many there are.
    ///
    /// # Errors
    ///
    /// As [`in_files`](Self::in_files).
    pub async fn look(&self) -> Result<usize, NoticeError> {
        if self.files.is_empty() {
            return Ok(self.known.lock().len());
        }
        Ok(self.read().await?.len())
    }

    /// The secrets as they are now; where a file cannot be read, as they were last.
    pub(crate) async fn current(&self) -> Arc<[Secret]> {
        if self.files.is_empty() {
            return self.known.lock().clone();
        }
        match self.read().await {
            Ok(secrets) => *self.known.lock() = secrets,
            Err(error) => tracing::warn!(%error, "a webhook's secret is gone; the one that was read last is used"),
        }
        self.known.lock().clone()
    }

    async fn read(&self) -> Result<Arc<[Secret]>, NoticeError> {
        let mut secrets = Vec::with_capacity(self.files.len());
        for file in self.files.iter() {
            let text = tokio::fs::read_to_string(file).await;
            secrets.push(secret_in(file, text)?);
        }
        Ok(secrets.into())
    }
}

fn secret_in(file: &std::path::Path, text: std::io::Result<String>) -> Result<Secret, NoticeError> {
    let text = text.map_err(|source| NoticeError::SecretFile { file: file.to_owned(), source })?;
    Secret::parse(&text).map_err(|_| NoticeError::SecretInFile { file: file.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_signed_as_the_specification_has_it() {
        // The example of the reference libraries of Standard Webhooks.
        let secret = Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").unwrap();
        let signed = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!(format!("{secret:?}"), "Secret");
    }

    #[test]
    fn what_is_no_secret_is_refused() {
        for text in
            ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_c2hvcnQ=", "whsec_not base64 at all, is it"]
        {
            assert!(Secret::parse(text).is_err(), "{text}");
        }
    }

    #[tokio::test]
    async fn a_secret_that_changes_is_taken_anew_and_one_that_is_gone_stays() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        let (one, other) = ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        std::fs::write(&file, one).unwrap();
        let secrets = Secrets::in_files(vec![file.clone()]).unwrap();
        assert_eq!(*secrets.current().await, [Secret::parse(one).unwrap()]);
        std::fs::write(&file, other).unwrap();
        assert_eq!(*secrets.current().await, [Secret::parse(other).unwrap()]);
        std::fs::remove_file(&file).unwrap();
        assert_eq!(*secrets.current().await, [Secret::parse(other).unwrap()]);
        let told = Secrets::in_files(vec![file]).unwrap_err().to_string();
        assert!(told.starts_with("cannot read `"), "{told}");
    }
}
