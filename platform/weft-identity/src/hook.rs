//! The secret that a git host signs its push hooks with.

use std::fmt;
use std::path::Path;

use hmac::digest::Output;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::{IdentityError, key};

const FILE_NAME: &str = "hook.secret";
/// A shorter secret can be guessed.
const SECRET_BYTES_MIN: usize = 16;

/// What came with a push hook to prove that the git host sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookProof<'a> {
    /// HMAC-SHA256 of the body under the secret, as hex: GitHub, Gitea, Forgejo.
    Signature(&'a str),
    /// The secret itself: GitLab.
    Token(&'a str),
}

/// The secret that this home shares with the git host of its mesh. `Debug` does not show it.
#[derive(Clone)]
pub struct HookSecret {
    keyed: Hmac<Sha256>,
    /// Of the secret itself.
    hash: Output<Hmac<Sha256>>,
}

impl fmt::Debug for HookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HookSecret").finish_non_exhaustive()
    }
}

impl HookSecret {
    /// The secret in `keys_directory/hook.secret`, a text, made on the first start. Who has one already writes it there,
    /// in 16 bytes or more; blanks and line breaks around it do not count.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or made, is too short (it is then not replaced) or may be read by others than its
    /// owner.
    pub fn open_or_create(keys_directory: &Path) -> Result<Self, IdentityError> {
        let parse = |bytes: &[u8]| {
            let secret = bytes.trim_ascii();
            let keyed = <Hmac<Sha256> as Mac>::new_from_slice(secret).ok()?;
            let hash = keyed.clone().chain_update(secret).finalize().into_bytes();
            (secret.len() >= SECRET_BYTES_MIN).then_some(HookSecret { keyed, hash })
        };
        let make = || Ok(format!("{}\n", hex::encode(key::random::<32>()?)).into_bytes());
        key::in_file(keys_directory, FILE_NAME, parse, make)
    }

    /// Whether whoever sent `body` with `proof` knows the secret. Takes as long wherever a wrong proof differs.
    pub fn is_proven(&self, proof: HookProof<'_>, body: &[u8]) -> bool {
        match proof {
            HookProof::Signature(signature) => {
                let keyed = self.keyed.clone().chain_update(body);
                hex::decode(signature).is_ok_and(|signature| keyed.verify_slice(&signature).is_ok())
            }
            // Hashes are compared, so that nothing tells how much of the secret was right.
            HookProof::Token(token) => self.keyed.clone().chain_update(token).verify(&self.hash).is_ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Result<HookSecret, IdentityError> {
        use std::os::unix::fs::OpenOptionsExt;
        let keys = tempfile::tempdir().unwrap();
        let file =
            std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(keys.path().join(FILE_NAME));
        std::io::Write::write_all(&mut file.unwrap(), text.as_bytes()).unwrap();
        HookSecret::open_or_create(keys.path())
    }

    /// The example in GitHub's documentation of its signatures.
    #[test]
    fn a_signature_holds_for_its_body_and_secret_alone() {
        let known = secret("It's a Secret to Everybody\n").unwrap();
        let signature = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        let is_proven = |signature: &str, body: &str| known.is_proven(HookProof::Signature(signature), body.as_bytes());
        assert!(is_proven(signature, "Hello, World!"));
        assert!(is_proven(&signature.to_uppercase(), "Hello, World!"));
        assert!(!is_proven(signature, "Hello, World?"));
        for wrong in ["", "75", "zz", &signature[..62], &format!("{signature}00"), &signature.replace('7', "8")] {
            assert!(!is_proven(wrong, "Hello, World!"), "{wrong}");
        }
        let other = secret("It's a secret to everybody").unwrap();
        assert!(!other.is_proven(HookProof::Signature(signature), b"Hello, World!"));
    }

    #[test]
    fn a_token_is_the_whole_secret() {
        let known = secret("0123456789abcdef").unwrap();
        assert!(known.is_proven(HookProof::Token("0123456789abcdef"), b"anything"));
        for wrong in ["", "0123456789abcde", "0123456789abcdef0", "0123456789abcdeF"] {
            assert!(!known.is_proven(HookProof::Token(wrong), b"anything"), "{wrong}");
        }
    }

    #[test]
    fn a_secret_is_made_once_and_a_short_one_is_refused() {
        let keys = tempfile::tempdir().unwrap();
        let made = [HookSecret::open_or_create(keys.path()), HookSecret::open_or_create(keys.path())];
        let text = std::fs::read_to_string(keys.path().join(FILE_NAME)).unwrap();
        assert_eq!(text.trim().len(), 64);
        for made in made {
            assert!(made.unwrap().is_proven(HookProof::Token(text.trim()), b""));
        }
        assert!(matches!(secret("short"), Err(IdentityError::KeyDamaged { .. })));
    }
}
