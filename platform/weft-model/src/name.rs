//! Names, each a type that holds only what is a legal name.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why a text is no name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error("`{text}` is not a name: use 1 to 63 of a-z, 0-9 and _, starting with a letter")]
    Malformed { text: String },
    #[error("`{text}` is not the full name of a port: write `domain.product.port`")]
    NotThreeParts { text: String },
    #[error("`{text}` is not the full name of a product: write `domain.product`")]
    NotTwoParts { text: String },
}

const NAME_BYTES_MAX: usize = 63;

fn is_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    let legal = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'_';
    bytes.len() <= NAME_BYTES_MAX && bytes.first().is_some_and(u8::is_ascii_lowercase) && bytes.iter().all(legal)
}

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// 1 to 63 bytes of `[a-z0-9_]`, starting with a letter, so that it never needs quoting in SQL.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The name as written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                if is_name(text) {
                    Ok($name(text.to_owned()))
                } else {
                    Err(NameError::Malformed { text: text.to_owned() })
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name_type! {
    /// Name of a domain: the team's part of the mesh, and SQL's catalog.
    DomainName
}
name_type! {
    /// Name of a product within its domain, and SQL's schema.
    ProductName
}
name_type! {
    /// Name of a port within its product, and SQL's table.
    PortName
}

impl DomainName {
    /// Whether this is `system`, the platform's own domain, which no manifest may declare.
    pub fn is_reserved(&self) -> bool {
        self.0 == "system" || self.0 == "information_schema"
    }
}

/// Which product of the mesh: `domain.product`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProductRef {
    pub domain: DomainName,
    pub product: ProductName,
}

impl ProductRef {
    /// The full name of one of this product's ports.
    pub fn port(&self, port: &PortName) -> PortRef {
        PortRef { domain: self.domain.clone(), product: self.product.clone(), port: port.clone() }
    }
}

/// Where a table lives in the mesh: `domain.product.port`.
///
/// Written `sales.orders.order_lines`; the same three parts are the catalog, schema and table
/// that SQL sees.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PortRef {
    pub domain: DomainName,
    pub product: ProductName,
    pub port: PortName,
}

impl PortRef {
    /// The product that offers this port.
    pub fn product_ref(&self) -> ProductRef {
        ProductRef { domain: self.domain.clone(), product: self.product.clone() }
    }

    /// Whether the full name stands in a text of SQL, and not merely as part of a longer one.
    pub fn is_named_in(&self, sql: &str) -> bool {
        self.first_in(sql).is_some()
    }

    /// The byte at which the full name first stands in the text of a query, under the same rule.
    pub fn first_in(&self, sql: &str) -> Option<usize> {
        let name = self.to_string();
        let goes_on = |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        let mut places = sql.match_indices(&name).map(|(at, _)| at);
        places.find(|at| !sql.get(at + name.len()..).is_some_and(goes_on))
    }
}

impl FromStr for ProductRef {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let mut parts = text.split('.');
        let (Some(domain), Some(product), None) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NameError::NotTwoParts { text: text.to_owned() });
        };
        Ok(ProductRef { domain: domain.parse()?, product: product.parse()? })
    }
}

impl FromStr for PortRef {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let mut parts = text.split('.');
        let (Some(domain), Some(product), Some(port), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(NameError::NotThreeParts { text: text.to_owned() });
        };
        Ok(PortRef { domain: domain.parse()?, product: product.parse()?, port: port.parse()? })
    }
}

macro_rules! text_form {
    ($name:ident, $format:literal, $($part:ident),+) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, $format, $(self.$part),+)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.to_string()
            }
        }
    };
}

text_form!(ProductRef, "{}.{}", domain, product);
text_form!(PortRef, "{}.{}.{}", domain, product, port);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_name_reads_back_as_written() {
        let port: Result<PortRef, _> = "aviation.flights.departures".parse();
        assert_eq!(port.map(|p| p.to_string()), Ok("aviation.flights.departures".to_owned()));
    }

    #[test]
    fn a_name_within_a_longer_one_is_not_that_name() {
        let port: PortRef = "a.b.c".parse().unwrap();
        assert!(port.is_named_in("select * from a.b.c_v2 join a.b.c"));
        assert!(port.is_named_in("select a.b.c.x from a.b.c,d"));
        assert!(!port.is_named_in("select * from a.b.c_v2"));
        assert!(!port.is_named_in("select 1"));
    }

    #[test]
    fn what_would_need_quoting_is_no_name() {
        for text in ["", "Flights", "1st", "a-b", "a b", "é", &"a".repeat(64)] {
            assert!(text.parse::<PortName>().is_err(), "{text}");
        }
        assert!("a.b".parse::<PortRef>().is_err());
        assert!("a.b.c.d".parse::<PortRef>().is_err());
    }
}
