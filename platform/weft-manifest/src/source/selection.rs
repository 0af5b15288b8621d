//! Which files of a repository belong to the mesh, and which of those are texts.

use weft_model::Content;
use weft_model::tree::TEXT_BYTES_MAX;

const TEXT_SUFFIXES: &[&str] = &["yaml", "yml", "sql", "csv", "conf", "md", "txt", "json", "toml"];

/// The folders of a mesh.
pub(super) const FOLDERS: [&str; 2] = ["products", "governance"];
/// The mesh's own file.
pub(super) const MESH_FILE: &str = "mesh.yaml";

/// Whether a file is read as text, by its path: not what lies in a product's `data` folder.
pub(super) fn is_text(path: &str) -> bool {
    if path.split('/').any(|part| part == "data") {
        return false;
    }
    path.rsplit_once('.').is_some_and(|(_, suffix)| TEXT_SUFFIXES.contains(&suffix))
}

/// Whether a text of that size is read.
pub(super) fn is_too_large(size: u64) -> bool {
    size > TEXT_BYTES_MAX
}

/// The bytes of a text file as content.
pub(super) fn text(bytes: Vec<u8>) -> Content {
    match String::from_utf8(bytes) {
        Ok(text) => Content::Text(text.into()),
        Err(error) => Content::NotUtf8 { valid_up_to: error.utf8_error().valid_up_to() },
    }
}
