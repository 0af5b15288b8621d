//! How names and revisions are described to whoever reads the API's description: as texts with a pattern.

use std::borrow::Cow;

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::{DomainName, PortName, PortRef, ProductName, ProductRef, Revision};

macro_rules! text {
    ($type:ident, $name:literal, $description:literal, $pattern:literal, $example:literal) => {
        impl PartialSchema for $type {
            fn schema() -> RefOr<Schema> {
                let text = ObjectBuilder::new().schema_type(Type::String).description(Some($description));
                text.pattern(Some($pattern)).examples([$example]).into()
            }
        }

        impl ToSchema for $type {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed($name)
            }
        }
    };
}

text!(DomainName, "DomainName", "Name of a domain.", "^[a-z][a-z0-9_]{0,62}$", "aviation");
text!(ProductName, "ProductName", "Name of a product within its domain.", "^[a-z][a-z0-9_]{0,62}$", "flights");
text!(PortName, "PortName", "Name of a port within its product.", "^[a-z][a-z0-9_]{0,62}$", "departures");
text!(
    ProductRef,
    "ProductRef",
    "Full name of a product.",
    "^[a-z][a-z0-9_]{0,62}\\.[a-z][a-z0-9_]{0,62}$",
    "aviation.flights"
);
text!(
    PortRef,
    "PortRef",
    "Full name of a port.",
    "^[a-z][a-z0-9_]{0,62}\\.[a-z][a-z0-9_]{0,62}\\.[a-z][a-z0-9_]{0,62}$",
    "aviation.flights.departures"
);
text!(
    Revision,
    "Revision",
    "One immutable state of the manifests: a git commit, or `dir-` and a hash.",
    "^[0-9a-z-]+$",
    "4f2c1aa0a1b2c3d4e5f60718293a4b5c6d7e8f90"
);
