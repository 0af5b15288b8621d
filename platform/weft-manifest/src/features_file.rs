//! The specification of a training set, as `weft features extract` reads it.

use weft_model::{Diagnostic, ManifestTree};

use crate::mesh;

/// How the names of such files end where they lie in a mesh.
pub(crate) const FEATURES_ENDING: &str = ".features.yaml";

record! {
    /// A training set: whose features, as of when, and where to.
    pub struct FeaturesFile as "the features" {
        entities: Entities,
        /// The column of the entities that holds the moment at which features are to be known.
        event_time: String,
        /// Feature services and feature views, `domain.product.name`, and single features, `domain.product.port:column`.
        features: Vec<String>,
        /// Whether a row counts only from when it was written on; true if left out.
        knowledge_time: Option<bool>,
        /// What the training set is for; grants may depend on it.
        purpose: Option<String>,
        /// Reads every table as it was released then, written as in RFC 3339; as it is now if left out.
        as_of: Option<String>,
        output: FeaturesOutput,
    }
}

record! {
    /// The rows that features are joined to: one of the three.
    pub struct Entities as "entities" {
        /// A query.
        sql: Option<String>,
        /// A CSV or Parquet file beside the specification.
        file: Option<String>,
        /// A port, by its full name.
        port: Option<String>,
    }
}

record! {
    /// Where a training set is written.
    pub struct FeaturesOutput as "output" {
        /// `parquet` if left out.
        format: Option<FeaturesFormat>,
        /// How many files; one if left out.
        shards: Option<i64>,
        /// A folder, relative to the specification.
        path: String,
    }
}

words! {
    /// Format of the files of a training set.
    pub enum FeaturesFormat as "a format", VALUE_NOT_ALLOWED {
        Parquet = "parquet",
        Arrow = "arrow",
    }
}

impl FeaturesFile {
    /// Reads a specification; nothing where it cannot be read, and why.
    pub fn read(path: &str, text: &str) -> (Option<Self>, Vec<Diagnostic>) {
        let tree = ManifestTree::of_texts([(path, text)]);
        let mut problems = Vec::new();
        let document = mesh::open_as(&tree, path, "features", &mut problems);
        (document.filter(|document| !document.has_errors).map(|document| document.value), problems)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_specification_is_read_and_what_is_wrong_in_it_has_a_place() {
        let text = "entities: {sql: SELECT 1}\neventTime: at\nfeatures: [a.b.c]\noutput: {path: out, shards: 4}\n";
        let (read, problems) = FeaturesFile::read("spec.yaml", text);
        assert_eq!(problems, []);
        assert_eq!(read.unwrap().output.shards, Some(4));

        let (read, problems) = FeaturesFile::read("spec.yaml", "entities: {sq: SELECT 1}\nfeatures: a.b.c\n");
        assert_eq!(read, None);
        let told: Vec<_> = problems.iter().map(|told| (told.place.line, told.code.as_str())).collect();
        assert!(told.len() > 2 && told.iter().any(|(line, _)| *line == 2), "{told:?}");
    }
}
