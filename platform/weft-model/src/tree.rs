//! The files of one revision, as the readers of manifests and rules see them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::{DomainName, Revision};

/// Longest text file that is read as a manifest, a rule or a query.
pub const TEXT_BYTES_MAX: u64 = 2 * 1024 * 1024;

/// What is known of a file's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    Text(Arc<str>),
    /// A text file by its name, but not UTF-8 from `valid_up_to` (bytes) on.
    NotUtf8 {
        valid_up_to: usize,
    },
    /// A text file by its name, but longer than [`TEXT_BYTES_MAX`].
    TooLarge,
    /// A symbolic link. Links are never followed, so nothing outside the repository can be named.
    Link,
    /// Not a text file (seed data). Read on demand from the source of revisions.
    Data,
}

/// One file of a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEntry {
    /// Hash of the content: equal ids mean equal bytes.
    pub id: String,
    pub size: u64,
    pub content: Content,
}

/// The repository that a domain has for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnRepository {
    /// Where it is, as people may see it: without a password.
    pub place: String,
    /// What it holds besides the domain's folder that would mean something in a mesh (`products/sea/`,
    /// `governance/`, `mesh.yaml`), in order. Nothing of it is among the files of the tree.
    pub strange: Vec<String>,
}

/// The files below `products/` and `governance/`, and `mesh.yaml`, at one revision.
///
/// Paths are relative to the repository's root, with `/` between parts, in byte order. Those of a domain
/// with a repository of its own stand among the others, below `products/<domain>/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestTree {
    pub revision: Revision,
    /// Only some domains of a mesh: its rules, people and other domains are somewhere else.
    pub is_part: bool,
    files: BTreeMap<String, FileEntry>,
    repositories: BTreeMap<DomainName, OwnRepository>,
}

impl ManifestTree {
    /// A tree of the given files.
    pub fn new(revision: Revision, files: BTreeMap<String, FileEntry>) -> Self {
        ManifestTree { revision, is_part: false, files, repositories: BTreeMap::new() }
    }

    /// The same with `files` of `domain`, which come from `repository`. What lies outside of
    /// `products/<domain>/` is left out, so that no domain can write into another's names.
    #[must_use]
    pub fn with_domain(
        mut self,
        domain: DomainName,
        repository: OwnRepository,
        files: BTreeMap<String, FileEntry>,
    ) -> Self {
        let own = format!("products/{domain}/");
        self.files.extend(files.into_iter().filter(|(path, _)| path.starts_with(&own)));
        self.repositories.insert(domain, repository);
        self
    }

    /// The same with these texts in the place of what lies at their paths; `None` takes a file away.
    #[must_use]
    pub fn with_texts(mut self, texts: BTreeMap<String, Option<String>>) -> Self {
        for (path, text) in texts {
            match text {
                Some(text) => {
                    // No hash is at hand here; the text itself tells texts apart as well.
                    let (id, size) = (format!("text:{text}"), text.len() as u64);
                    self.files.insert(path, FileEntry { id, size, content: Content::Text(text.into()) });
                }
                None => {
                    self.files.remove(&path);
                }
            }
        }
        self
    }

    /// The repository that the files of `domain` come from, if it has one of its own.
    pub fn repository_of(&self, domain: &DomainName) -> Option<&OwnRepository> {
        self.repositories.get(domain)
    }

    /// A tree of texts, for tests.
    pub fn of_texts<'a>(texts: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let entry = |text: &str| FileEntry {
            id: format!("text-{:x}", text.len()),
            size: text.len() as u64,
            content: Content::Text(text.into()),
        };
        let files = texts.into_iter().map(|(path, text)| (path.to_owned(), entry(text))).collect();
        ManifestTree::new(Revision::new("test"), files)
    }

    /// The file at `path`, if there is one.
    pub fn file(&self, path: &str) -> Option<&FileEntry> {
        self.files.get(path)
    }

    /// The text at `path`, if there is a text file.
    pub fn text(&self, path: &str) -> Option<&Arc<str>> {
        match &self.files.get(path)?.content {
            Content::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Every file, in order of path.
    pub fn files(&self) -> impl Iterator<Item = (&str, &FileEntry)> {
        self.files.iter().map(|(path, entry)| (path.as_str(), entry))
    }

    /// The files whose path begins with `prefix` (write the closing `/`), in order of path.
    pub fn under<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a FileEntry)> {
        self.files
            .range(prefix.to_owned()..)
            .take_while(move |(path, _)| path.starts_with(prefix))
            .map(|(path, entry)| (path.as_str(), entry))
    }
}
