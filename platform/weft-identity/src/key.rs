//! Keys on disk: made once, by whoever comes first, and never replaced.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey};

use crate::IdentityError;

const FILE_NAME: &str = "token-signing.pem";

/// The key that signs tokens, made on the first start.
pub(crate) fn open_or_create(directory: &Path) -> Result<SigningKey, IdentityError> {
    let parse = |bytes: &[u8]| SigningKey::from_pkcs8_pem(std::str::from_utf8(bytes).ok()?).ok();
    let make = || {
        let text = SigningKey::from_bytes(&random()?).to_pkcs8_pem(LineEnding::LF);
        Ok(text.map_err(|_| IdentityError::Signing)?.as_bytes().to_vec())
    };
    in_file(directory, FILE_NAME, parse, make)
}

/// Reads the secret called `name` in `directory`, making directory and secret where they are missing.
///
/// The secret appears under its name in one step, complete: a link is made to a finished file, which
/// fails if the name is taken. Of two processes that start at once, both end with the same one.
pub(crate) fn in_file<T>(
    directory: &Path,
    name: &str,
    parse: impl Fn(&[u8]) -> Option<T>,
    make: impl FnOnce() -> Result<Vec<u8>, IdentityError>,
) -> Result<T, IdentityError> {
    let path = directory.join(name);
    match read(&path, &parse) {
        Err(IdentityError::KeyFile { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
        done => return done,
    }
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(|source| trouble("make the directory of", directory, source))?;
    create(directory, &path, &make()?)?;
    read(&path, &parse)
}

fn read<T>(path: &Path, parse: &impl Fn(&[u8]) -> Option<T>) -> Result<T, IdentityError> {
    let metadata = fs::metadata(path).map_err(|source| trouble("read", path, source))?;
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err(IdentityError::KeyExposed { path: path.to_owned() });
    }
    let bytes = fs::read(path).map_err(|source| trouble("read", path, source))?;
    parse(&bytes).ok_or_else(|| IdentityError::KeyDamaged { path: path.to_owned() })
}

fn create(directory: &Path, path: &Path, secret: &[u8]) -> Result<(), IdentityError> {
    let unfinished = Unfinished(path.with_extension(hex::encode(random::<8>()?)));
    write_new(&unfinished.0, secret).map_err(|source| trouble("write", &unfinished.0, source))?;
    match fs::hard_link(&unfinished.0, path) {
        // Another process was first: its secret is the secret.
        Err(source) if source.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(source) => Err(trouble("write", path, source)),
        Ok(()) => {
            File::open(directory).and_then(|d| d.sync_all()).map_err(|source| trouble("write", directory, source))
        }
    }
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// A file that must not outlive its making, whatever happens.
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        // Nothing to do if it cannot be removed: it is unreadable to others and never read again.
        let _ = fs::remove_file(&self.0);
    }
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N], IdentityError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| IdentityError::NoRandomness)?;
    Ok(bytes)
}

fn trouble(doing: &'static str, path: &Path, source: io::Error) -> IdentityError {
    IdentityError::KeyFile { doing, path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn the_key_is_made_once_and_for_its_owner_only() {
        let home = tempfile::tempdir().unwrap();
        let keys = home.path().join("deep/keys");
        let first = open_or_create(&keys).unwrap();
        let second = open_or_create(&keys).unwrap();
        assert_eq!(first.to_bytes(), second.to_bytes());
        assert_eq!(mode(&keys), 0o700);
        assert_eq!(mode(&keys.join(FILE_NAME)), 0o600);
        assert_eq!(fs::read_dir(&keys).unwrap().count(), 1, "nothing unfinished is left behind");
    }

    #[test]
    fn those_who_race_for_the_first_key_agree() {
        let home = tempfile::tempdir().unwrap();
        let keys = home.path().join("keys");
        let made: Vec<_> = std::thread::scope(|scope| {
            let racers: Vec<_> = (0..8).map(|_| scope.spawn(|| open_or_create(&keys).unwrap().to_bytes())).collect();
            racers.into_iter().map(|racer| racer.join().unwrap()).collect()
        });
        assert!(made.windows(2).all(|pair| pair[0] == pair[1]));
        assert_eq!(fs::read_dir(&keys).unwrap().count(), 1);
    }

    #[test]
    fn a_damaged_key_is_an_error_and_stays_as_it_is() {
        let home = tempfile::tempdir().unwrap();
        let good = fs::read(home.path().join(FILE_NAME)).unwrap_or_else(|_| {
            open_or_create(home.path()).unwrap();
            fs::read(home.path().join(FILE_NAME)).unwrap()
        });
        for bad in [&b""[..], b"\xff\xfe", b"not a key", &good[..good.len() / 2]] {
            fs::write(home.path().join(FILE_NAME), bad).unwrap();
            let error = open_or_create(home.path()).unwrap_err();
            assert!(matches!(error, IdentityError::KeyDamaged { .. }), "{error}");
            assert_eq!(fs::read(home.path().join(FILE_NAME)).unwrap(), bad);
        }
    }

    #[test]
    fn a_key_that_others_may_read_is_refused() {
        let home = tempfile::tempdir().unwrap();
        open_or_create(home.path()).unwrap();
        fs::set_permissions(home.path().join(FILE_NAME), fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(open_or_create(home.path()), Err(IdentityError::KeyExposed { .. })));
    }
}
