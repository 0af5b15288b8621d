//! `products/<domain>/domain.yaml`: who owns a domain and as whom its transforms run.

record! {
    /// A domain of the mesh.
    pub struct DomainFile as "the domain" {
        /// Equals the folder's name.
        domain: String,
        description: Option<String>,
        /// The group that owns the domain's products.
        owner: String,
        stewards: Option<Vec<String>>,
        /// The service principal as which the domain's transforms run.
        service: Option<String>,
        contact: Option<String>,
    }
}
