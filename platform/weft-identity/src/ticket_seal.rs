//! The seal on tickets that say by themselves what they stand for.

use std::fmt;
use std::path::Path;

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::{IdentityError, key};

const FILE_NAME: &str = "ticket.key";
const SEAL_BYTES: usize = 32;

/// What this home seals its tickets with: HMAC-SHA256 under a key that no start replaces. `Debug` does not show it.
#[derive(Clone)]
pub struct TicketSeal(Hmac<Sha256>);

impl fmt::Debug for TicketSeal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TicketSeal").finish_non_exhaustive()
    }
}

impl TicketSeal {
    /// The seal under the key in `keys_directory/ticket.key`, made on the first start.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or made, is no key (it is then not replaced) or may be read by others than its owner.
    pub fn open_or_create(keys_directory: &Path) -> Result<Self, IdentityError> {
        let parse = |bytes: &[u8]| {
            let key = (bytes.len() == SEAL_BYTES).then_some(bytes)?;
            <Hmac<Sha256> as Mac>::new_from_slice(key).ok().map(TicketSeal)
        };
        key::in_file(keys_directory, FILE_NAME, parse, || Ok(key::random::<SEAL_BYTES>()?.to_vec()))
    }

    /// The same bytes behind their seal.
    pub fn seal(&self, said: &[u8]) -> Vec<u8> {
        let mut sealed = self.0.clone().chain_update(said).finalize().into_bytes().to_vec();
        sealed.extend_from_slice(said);
        sealed
    }

    /// What was sealed here, if it was. Takes as long wherever a wrong seal differs.
    pub fn open<'a>(&self, sealed: &'a [u8]) -> Option<&'a [u8]> {
        let (seal, said) = sealed.split_at_checked(SEAL_BYTES)?;
        self.0.clone().chain_update(said).verify_slice(seal).is_ok().then_some(said)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_holds_for_what_was_sealed_in_its_home_alone() {
        let (home, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let seal = TicketSeal::open_or_create(home.path()).unwrap();
        let sealed = seal.seal(b"portion 3");
        assert_eq!(TicketSeal::open_or_create(home.path()).unwrap().open(&sealed), Some(&b"portion 3"[..]));
        assert_eq!(TicketSeal::open_or_create(other.path()).unwrap().open(&sealed), None);
        for at in 0..sealed.len() {
            let mut wrong = sealed.clone();
            wrong[at] ^= 1;
            assert_eq!(seal.open(&wrong), None, "byte {at}");
        }
        assert_eq!(seal.open(&sealed[..SEAL_BYTES - 1]), None);
        assert_eq!(seal.open(b""), None);
    }
}
