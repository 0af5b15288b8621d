//! The folder of all local state, and the lock that keeps it to one process.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use weft_model::Code;

/// Where a running mesh answers, as `<home>/server.json` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// URL of the HTTP door.
    pub http: String,
    /// URL of the Flight SQL door.
    pub flight: String,
    /// The process that answers.
    pub pid: u32,
}

/// The folder of all local state. Naming its parts needs no lock; changing them does.
#[derive(Clone, Debug)]
pub struct Home {
    root: PathBuf,
}

impl Home {
    /// The home at `root`, which need not exist.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Home { root: root.into() }
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The catalog's database file.
    pub fn catalog(&self) -> PathBuf {
        self.root.join("catalog.db")
    }

    /// The folder of the keys that sign tokens and make hash masks.
    pub fn keys(&self) -> PathBuf {
        self.root.join("keys")
    }

    /// The folder of log files.
    pub fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    /// Where tables lie if no other warehouse is named.
    pub fn warehouse(&self) -> PathBuf {
        self.root.join("warehouse")
    }

    /// Mirrors of remote repositories.
    pub fn mirrors(&self) -> PathBuf {
        self.root.join("mirrors")
    }

    /// What does not fit into memory while a query runs.
    pub fn spill(&self) -> PathBuf {
        self.root.join("spill")
    }

    /// Takes the home for this process, making it where it is missing. The lock ends with the value,
    /// or with the process, however that ends.
    ///
    /// # Errors
    ///
    /// [`HomeError::Held`] if another process has it.
    pub fn lock(&self) -> Result<HeldHome, HomeError> {
        fs::create_dir_all(&self.root).map_err(|source| self.trouble("make", source))?;
        let path = self.root.join("lock");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(|source| self.trouble("lock", source))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(HomeError::Held { home: self.root.clone(), pid: holder(&mut file) });
            }
            Err(TryLockError::Error(source)) => return Err(self.trouble("lock", source)),
        }
        let written = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id()));
        written.map_err(|source| self.trouble("lock", source))?;
        // Left behind by a process that was killed: nobody answers there.
        let held = HeldHome { home: self.clone(), _lock: file };
        held.withdraw();
        Ok(held)
    }

    /// Where the mesh of this home answers; `None` where none runs, as far as can be told without
    /// asking it.
    pub fn address(&self) -> Option<Address> {
        serde_json::from_slice(&fs::read(self.announcement()).ok()?).ok()
    }

    fn announcement(&self) -> PathBuf {
        self.root.join("server.json")
    }

    fn trouble(&self, doing: &'static str, source: io::Error) -> HomeError {
        HomeError::Io { doing, home: self.root.clone(), source }
    }
}

/// A digest of every file in a folder, names included; the same for folders that hold the same.
pub(crate) fn digest_of(folder: &Path) -> io::Result<String> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    files.retain(|file| file.is_file());
    files.sort();
    let mut digest = Sha256::new();
    for file in files {
        digest.update(Sha256::digest(file.file_name().unwrap_or_default().as_encoded_bytes()));
        digest.update(Sha256::digest(fs::read(&file)?));
    }
    Ok(hex::encode(digest.finalize()))
}

/// A home that is this process's own.
#[derive(Debug)]
pub struct HeldHome {
    home: Home,
    _lock: File,
}

impl HeldHome {
    /// The home that is held.
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// Says where this process answers, until the value is dropped.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn announce(&self, address: &Address) -> Result<(), HomeError> {
        let path = self.home.announcement();
        let unfinished = path.with_extension("json.new");
        let text = serde_json::to_vec_pretty(address).unwrap_or_default();
        // Readers see the whole text or none.
        fs::write(&unfinished, text)
            .and_then(|()| fs::rename(&unfinished, &path))
            .map_err(|source| self.home.trouble("write", source))
    }

    fn withdraw(&self) {
        match fs::remove_file(self.home.announcement()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(%error, "the address of a server that has ended could not be removed");
            }
            _ => {}
        }
    }
}

impl Drop for HeldHome {
    fn drop(&mut self) {
        self.withdraw();
    }
}

/// Why a home cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HomeError {
    #[error("the home `{}` is held by {}", home.display(), process(*.pid))]
    Held { home: PathBuf, pid: Option<u32> },

    #[error("the key `{}` cannot be used: {problem}", path.display())]
    Key { path: PathBuf, problem: &'static str },

    #[error("cannot {doing} the home `{}`: {source}", home.display())]
    Io {
        doing: &'static str,
        home: PathBuf,
        #[source]
        source: io::Error,
    },
}

impl HomeError {
    /// The stable code, where there is one.
    pub fn code(&self) -> Option<Code> {
        match self {
            HomeError::Held { .. } => Some(Code::HOME_LOCKED),
            HomeError::Key { .. } | HomeError::Io { .. } => None,
        }
    }
}

fn process(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
}

fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.rewind().and_then(|()| file.read_to_string(&mut text)).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_is_held_once_and_free_again_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path().join("deep/home"));
        let held = home.lock().unwrap();
        let Err(HomeError::Held { pid, .. }) = home.lock() else { panic!("held twice") };
        assert_eq!(pid, Some(std::process::id()));
        drop(held);
        assert!(home.lock().is_ok());
    }

    #[test]
    fn a_server_is_announced_while_it_holds_the_home() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        let address = Address { http: "http://127.0.0.1:1".into(), flight: "grpc://127.0.0.1:2".into(), pid: 3 };
        let held = home.lock().unwrap();
        assert_eq!(home.address(), None);
        held.announce(&address).unwrap();
        assert_eq!(home.address(), Some(address.clone()));
        drop(held);
        assert_eq!(home.address(), None);
        // A killed process leaves its announcement behind.
        fs::write(home.announcement(), serde_json::to_vec(&address).unwrap()).unwrap();
        let _held = home.lock().unwrap();
        assert_eq!(home.address(), None);
    }
}
