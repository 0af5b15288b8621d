//! The key under which hash masks are made: 32 random bytes in the home, made once and never replaced.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::home::HomeError;

const FILE_NAME: &str = "mask.key";

/// Reads the key in `keys`, making folder and key where they are missing.
///
/// The key appears under its name in one step, complete: a link is made to a finished file, which
/// fails if the name is taken. Of two processes that start at once, both end with the same key.
///
/// # Errors
///
/// If the file cannot be read or made, is no key, or others than its owner may read it. A key that
/// is lost makes every hash come out anew; none that is there is ever overwritten.
pub(crate) fn open_or_create(keys: &Path) -> Result<[u8; 32], HomeError> {
    let path = keys.join(FILE_NAME);
    match read(&path) {
        Err(HomeError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
        done => return done,
    }
    DirBuilder::new().recursive(true).mode(0o700).create(keys).map_err(|source| trouble("make", keys, source))?;
    create(keys, &path)?;
    read(&path)
}

fn read(path: &Path) -> Result<[u8; 32], HomeError> {
    let refused = |problem| HomeError::Key { path: path.to_owned(), problem };
    let metadata = fs::metadata(path).map_err(|source| trouble("read", path, source))?;
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err(refused("others than its owner may read it; `chmod 600` it"));
    }
    let bytes = fs::read(path).map_err(|source| trouble("read", path, source))?;
    bytes.try_into().map_err(|_| refused("it is not 32 bytes long; restore it from a backup"))
}

fn create(keys: &Path, path: &Path) -> Result<(), HomeError> {
    let unfinished = Unfinished(keys.join(format!("{FILE_NAME}.{}", uuid::Uuid::new_v4().simple())));
    write_new(&unfinished.0, &random()?).map_err(|source| trouble("write", &unfinished.0, source))?;
    match fs::hard_link(&unfinished.0, path) {
        // Another process was first: its key is the key.
        Err(source) if source.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(source) => Err(trouble("write", path, source)),
        Ok(()) => File::open(keys).and_then(|d| d.sync_all()).map_err(|source| trouble("write", keys, source)),
    }
}

fn random() -> Result<[u8; 32], HomeError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| trouble("make a key in", Path::new(FILE_NAME), io::Error::other(error.to_string())))?;
    Ok(bytes)
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

fn trouble(doing: &'static str, path: &Path, source: io::Error) -> HomeError {
    HomeError::Io { doing, home: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once_and_for_its_owner_only() {
        let home = tempfile::tempdir().unwrap();
        let keys = home.path().join("deep/keys");
        let first = open_or_create(&keys).unwrap();
        assert_eq!(open_or_create(&keys).unwrap(), first);
        assert_ne!(first, [0; 32]);
        assert_eq!(fs::metadata(keys.join(FILE_NAME)).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(&keys).unwrap().count(), 1, "nothing unfinished is left behind");
    }

    #[test]
    fn those_who_race_for_the_first_key_agree() {
        let home = tempfile::tempdir().unwrap();
        let made: Vec<_> = std::thread::scope(|scope| {
            let racers: Vec<_> = (0..8).map(|_| scope.spawn(|| open_or_create(home.path()).unwrap())).collect();
            racers.into_iter().map(|racer| racer.join().unwrap()).collect()
        });
        assert!(made.windows(2).all(|pair| pair[0] == pair[1]));
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_damaged_or_exposed_key_is_an_error_and_stays_as_it_is() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join(FILE_NAME);
        let good = open_or_create(home.path()).unwrap();
        fs::write(&path, &good[..31]).unwrap();
        assert!(matches!(open_or_create(home.path()), Err(HomeError::Key { .. })));
        assert_eq!(fs::read(&path).unwrap(), good[..31]);
        fs::write(&path, good).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(open_or_create(home.path()), Err(HomeError::Key { .. })));
    }
}
