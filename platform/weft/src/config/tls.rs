//! `[tls]`: files with certificates and a key.

use std::path::PathBuf;

use schemars::JsonSchema;
use toml::de::DeTable;
use weft_model::{Code, Diagnostic};

use super::Reader;
use crate::tls::TlsFiles;

/// Files in PEM. They are looked at each second, and taken anew when they have changed.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the file; the reader keeps the places of what it reads")]
pub(super) struct TlsTable {
    /// File with the server's certificate, and after it those that vouch for it.
    certificate: String,
    /// File with the private key of the first certificate.
    key: String,
    /// File with certificates of which one must vouch for each client. Default: clients show none.
    client_ca: Option<String>,
}

pub(super) const TLS_KEYS: [&str; 3] = ["certificate", "key", "client_ca"];

impl Reader<'_> {
    pub(super) fn tls_of(&mut self, table: &DeTable<'_>) -> Option<TlsFiles> {
        let help = "write `[tls]`, and below it `certificate` and `key`";
        let (tls, span) = self.table_of(table, "tls", &TLS_KEYS, help)?;
        for key in ["certificate", "key"].into_iter().filter(|key| !tls.contains_key(*key)) {
            let message = format!("the key `{key}` of `tls` is missing");
            let problem = Diagnostic::error(Code::KEY_MISSING, self.place(span.clone()), message);
            self.problems.push(problem.help(format!("write `{key} = \"FILE\"`, a file in PEM")));
        }
        let certificate = self.text_of(tls, "certificate").map(PathBuf::from);
        let key = self.text_of(tls, "key").map(PathBuf::from);
        let client_ca = self.text_of(tls, "client_ca").map(PathBuf::from);
        Some(TlsFiles { certificate: certificate?, key: key?, client_ca })
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use std::path::PathBuf;

    use crate::config::read;
    use crate::config::tests::check;

    #[test]
    fn tls_is_a_table_of_files() {
        let text = "mesh = \"m\"\n[tls]\ncertificate = \"c.pem\"\nkey = \"k.pem\"\nclient_ca = \"ca.pem\"\n";
        let files = read("weft.toml", text).unwrap().tls.unwrap();
        assert_eq!((files.certificate, files.key), (PathBuf::from("c.pem"), PathBuf::from("k.pem")));
        assert_eq!(files.client_ca, Some(PathBuf::from("ca.pem")));
        check(
            "mesh = \"m\"\n[tls]\ncert = \"c.pem\"\nkey = 1\n",
            expect![[r#"
                weft.toml:2:1 W0106 the key `certificate` of `tls` is missing
                help: write `certificate = "FILE"`, a file in PEM
                weft.toml:3:1 W0107 unknown key `cert`
                help: the keys are certificate, key, client_ca
                weft.toml:4:7 W0105 `key` is a string, this is an integer
            "#]],
        );
        check(
            "mesh = \"m\"\ntls = true\n",
            expect![[r#"
                weft.toml:2:7 W0105 `tls` is a table, this is a boolean
                help: write `[tls]`, and below it `certificate` and `key`
            "#]],
        );
    }
}
