//! `mesh.yaml`: the mesh as a whole.

record! {
    /// The mesh: its name, where its tables lie, and which domains have a repository of their own.
    pub struct MeshFile as "the mesh" {
        mesh: Option<String>,
        /// URL of an object store.
        warehouse: Option<String>,
        domains: Option<Vec<DomainSource>>,
        /// Where the mesh runs, each with the variables that manifests may take from it.
        environments: Option<Vec<Environment>>,
    }
}

record! {
    /// Where the mesh runs, such as `staging`; `weft up --environment NAME` says which it is.
    pub struct Environment as "environment" {
        name: String,
        /// Names of the only environment variables that may stand in manifests.
        variables: Option<Vec<String>>,
    }
}

record! {
    /// A domain that is kept in a repository of its own, of which `products/<name>/` counts.
    pub struct DomainSource as "domain" {
        name: String,
        /// URL of the git repository.
        repository: String,
        /// The remote's default branch if none is named.
        branch: Option<String>,
        /// The folder within that repository that holds `products/`.
        path: Option<String>,
    }
}
