//! Meshes in folders: where one begins, and its files as they are on disk.

use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use weft_manifest::source::{self, SourceError};
use weft_model::ManifestTree;

use crate::home::Home;
use crate::render::diagnostics::Sources;

/// The nearest folder, `path` itself or one around it, that holds `products/` or `mesh.yaml`.
pub(crate) fn root_of(path: &Path) -> Option<PathBuf> {
    let path = path.canonicalize().ok()?;
    let is_root = |folder: &&Path| folder.join("products").is_dir() || folder.join("mesh.yaml").is_file();
    path.ancestors().find(is_root).map(Path::to_owned)
}

/// The files of the mesh at or around `path` as they are on disk, committed or not. Domains in repositories of
/// their own are as `home` last fetched them, if it did. A folder with neither rules nor `mesh.yaml` is the
/// repository of a domain, and a part of a mesh. Blocking.
///
/// # Errors
///
/// If there is no mesh, or its files cannot be read.
pub(crate) fn working_tree(path: &Path, home: &Home) -> Result<ManifestTree, SourceError> {
    let root = root_of(path).unwrap_or_else(|| path.to_owned());
    let mut tree = source::open_directory(&root)?.newest_tree()?;
    tree.is_part = tree.file("mesh.yaml").is_none() && tree.under("governance/").next().is_none();
    Ok(source::with_fetched(tree, &home.mirrors()))
}

/// The files of a tree, with the folder that their paths are relative to.
#[derive(Debug)]
pub(crate) struct TreeSources<'a> {
    tree: &'a ManifestTree,
    root: PathBuf,
    current: PathBuf,
}

impl<'a> TreeSources<'a> {
    /// The files of `tree`, which lie below `root`, shown relative to `current`.
    pub(crate) fn new(tree: &'a ManifestTree, root: &Path, current: &Path) -> Self {
        TreeSources { tree, root: root.to_owned(), current: current.to_owned() }
    }
}

impl Sources for TreeSources<'_> {
    fn text(&self, file: &str) -> Option<Arc<str>> {
        self.tree.text(file).cloned()
    }

    fn shown(&self, file: &str) -> String {
        relative(&self.root.join(file), &self.current).display().to_string()
    }
}

/// `path` as it is written from `from`, both absolute.
pub(crate) fn relative(path: &Path, from: &Path) -> PathBuf {
    let (path, from): (Vec<Component<'_>>, Vec<Component<'_>>) =
        (path.components().collect(), from.components().collect());
    let common = path.iter().zip(&from).take_while(|(a, b)| a == b).count();
    if common <= 1 && from.len() > 1 {
        // Nothing in common but the root: the way up would be longer than the path.
        return path.iter().collect();
    }
    let up = from.iter().skip(common).map(|_| Component::ParentDir);
    up.chain(path.iter().skip(common).copied()).collect()
}

/// The absolute current directory, free of links.
pub(crate) fn current() -> PathBuf {
    fs::canonicalize(".").unwrap_or_else(|_| PathBuf::from("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_written_as_an_editor_in_the_current_directory_opens_them() {
        let shown = |path: &str, from: &str| relative(Path::new(path), Path::new(from)).display().to_string();
        assert_eq!(shown("/a/b/c", "/a/b"), "c");
        assert_eq!(shown("/a/b", "/a/b"), "");
        assert_eq!(shown("/a/b", "/a/c/d"), "../../b");
        assert_eq!(shown("/tmp/x", "/home/ana"), "/tmp/x");
        assert_eq!(shown("/a/b", "/"), "a/b");
    }

    #[test]
    fn a_domain_without_rules_around_it_is_a_part_of_a_mesh() {
        let folder = tempfile::tempdir().unwrap();
        let is_part = || working_tree(folder.path(), &Home::at(folder.path().join("home"))).unwrap().is_part;
        fs::create_dir_all(folder.path().join("products/sales")).unwrap();
        fs::write(folder.path().join("products/sales/domain.yaml"), "domain: sales\nowner: sellers\n").unwrap();
        assert!(is_part());
        fs::create_dir_all(folder.path().join("governance")).unwrap();
        fs::write(folder.path().join("governance/model.conf"), "").unwrap();
        assert!(!is_part());
    }

    #[test]
    fn a_folder_within_a_mesh_belongs_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let product = folder.path().join("products/sales/orders");
        fs::create_dir_all(&product).unwrap();
        let root = folder.path().canonicalize().unwrap();
        assert_eq!(root_of(&product), Some(root.clone()));
        assert_eq!(root_of(&root), Some(root.clone()));
        assert_eq!(root_of(&root.join("products")), Some(root));
    }
}
