//! `mesh.yaml`: the mesh as a whole.

record! {
    /// The mesh: its name, where its tables lie, and which domains have a repository of their own.
    pub struct MeshFile as "the mesh" {
        mesh: Option<String>,
        /// URL of an object store.
        warehouse: Option<String>,
        domains: Option<Vec<DomainSource>>,
    }
}

record! {
    /// A domain that is kept in a repository of its own.
    pub struct DomainSource as "domain" {
        name: String,
        /// URL of the git repository.
        repository: String,
        branch: Option<String>,
        /// The folder within that repository.
        path: Option<String>,
    }
}
