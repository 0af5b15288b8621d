//! Product and contract files that lie in no mesh.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use weft_model::tree::TEXT_BYTES_MAX;
use weft_model::{Code, Content, Diagnostic, DomainName, FileEntry, ManifestTree, Revision};

/// What a lone path is read as, and the tree that it is read in.
#[derive(Debug)]
pub(crate) struct Lone {
    pub(crate) tree: ManifestTree,
    /// Where the path stands in the tree: a file, or a folder with its closing `/`.
    pub(crate) stands_at: String,
}

impl Lone {
    /// Reads a product file (`*.odps.yaml`), a contract file (`*.odcs.yaml`) or a product folder.
    /// `None` for what is none of these.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub(crate) fn read(path: &Path) -> io::Result<Option<Self>> {
        let mut files = BTreeMap::new();
        if path.is_dir() {
            if !path.join("product.odps.yaml").is_file() {
                return Ok(None);
            }
            let folder = folder_of(&fs::read(path.join("product.odps.yaml"))?);
            collect(path, &folder, &mut files)?;
            return Ok(Some(Lone::of(files, format!("{folder}/"))));
        }
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let text = fs::read(path)?;
        let head = String::from_utf8_lossy(text.get(..4096).unwrap_or(&text)).into_owned();
        let says = |kind: &str| {
            head.lines().any(|line| {
                line.split('#').next().unwrap_or("").replace(['"', '\''], "").trim() == format!("kind: {kind}")
            })
        };
        let stands_at = if name.ends_with(".odps.yaml") || says("DataProduct") {
            format!("{}/product.odps.yaml", folder_of(&text))
        } else if name.ends_with(".odcs.yaml") || says("DataContract") {
            format!("{}/contracts/lone.odcs.yaml", folder_of(&text))
        } else {
            return Ok(None);
        };
        files.insert(stands_at.clone(), entry(text));
        Ok(Some(Lone::of(files, stands_at)))
    }

    fn of(files: BTreeMap<String, FileEntry>, stands_at: String) -> Self {
        Lone { tree: ManifestTree::new(Revision::new("lone"), files), stands_at }
    }

    /// Whether a diagnostic of the tree speaks of the path itself: what would be found beside it in
    /// a mesh (domain, upstream products, for a lone file also its own contracts) is not missed.
    pub(crate) fn concerns(&self, diagnostic: &Diagnostic) -> bool {
        let beside = matches!(diagnostic.code, Code::DOMAIN_INCOMPLETE | Code::INPUT_UNKNOWN | Code::INPUT_BROKEN);
        let own = matches!(diagnostic.code, Code::CONTRACT_UNKNOWN | Code::FILE_MISSING | Code::FILE_STRAY);
        let is_file = !self.stands_at.ends_with('/');
        diagnostic.place.file.starts_with(&self.stands_at) && !beside && !(own && is_file)
    }

    /// Path of one of the tree's files below the lone path; empty for a lone file.
    pub(crate) fn below<'a>(&self, file: &'a str) -> &'a str {
        file.strip_prefix(self.stands_at.as_str()).unwrap_or(file)
    }
}

/// The folder in which a document is thought to lie: that of the domain that it speaks of.
fn folder_of(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let named = text
        .lines()
        .find_map(|line| line.strip_prefix("domain:"))
        .map(|rest| rest.split('#').next().unwrap_or_default().trim().trim_matches(['"', '\'']));
    let domain = named.and_then(|name| name.parse::<DomainName>().ok()).filter(|domain| !domain.is_reserved());
    format!("products/{}/lone", domain.as_ref().map_or("lone", DomainName::as_str))
}

fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, FileEntry>) -> io::Result<()> {
    for found in fs::read_dir(folder)? {
        let found = found?;
        let Some(name) = found.file_name().to_str().map(str::to_owned) else { continue };
        let (path, kind) = (format!("{prefix}/{name}"), found.file_type()?);
        if kind.is_symlink() {
            files.insert(path, FileEntry { id: "link".to_owned(), size: 0, content: Content::Link });
        } else if kind.is_dir() {
            collect(&found.path(), &path, files)?;
        } else if [".yaml", ".yml", ".sql", ".md", ".csv"].iter().any(|end| name.ends_with(end))
            && !prefix.ends_with("/data")
        {
            files.insert(path, entry(fs::read(found.path())?));
        } else {
            let size = found.metadata()?.len();
            files.insert(path, FileEntry { id: "data".to_owned(), size, content: Content::Data });
        }
    }
    Ok(())
}

fn entry(bytes: Vec<u8>) -> FileEntry {
    let size = bytes.len() as u64;
    let content = if size > TEXT_BYTES_MAX {
        Content::TooLarge
    } else {
        match String::from_utf8(bytes) {
            Ok(text) => Content::Text(text.into()),
            Err(error) => Content::NotUtf8 { valid_up_to: error.utf8_error().valid_up_to() },
        }
    };
    FileEntry { id: "lone".to_owned(), size, content }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lone_file_lies_in_the_domain_that_it_speaks_of() {
        assert_eq!(folder_of(b"kind: DataProduct\ndomain: sales # ours\n"), "products/sales/lone");
        assert_eq!(folder_of(b"kind: DataProduct\ndomain: \"sales\"\n"), "products/sales/lone");
        assert_eq!(folder_of(b"domain: system\n"), "products/lone/lone");
        assert_eq!(folder_of(b"\xff"), "products/lone/lone");
    }

    #[test]
    fn what_would_lie_beside_a_lone_product_is_not_missed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("orders.odps.yaml");
        let text = "apiVersion: v1.1.0\nkind: DataProduct\nid: orders-1\nstatus: active\ndomain: sales\ncolour: red\n\
                    outputPorts:\n  - {name: lines, contractId: c-1, version: 1.0.0}\n";
        fs::write(&path, text).unwrap();
        let lone = Lone::read(&path).unwrap().unwrap();
        let (_, problems) = weft_manifest::read_apart(&lone.tree);
        let codes: Vec<Code> = problems.iter().filter(|problem| lone.concerns(problem)).map(|p| p.code).collect();
        assert!(codes.contains(&Code::KEY_UNKNOWN), "{problems:?}");
        assert!(!codes.contains(&Code::CONTRACT_UNKNOWN), "{problems:?}");
        fs::write(folder.path().join("notes.txt"), "kind: of").unwrap();
        assert!(Lone::read(&folder.path().join("notes.txt")).unwrap().is_none());
    }
}
