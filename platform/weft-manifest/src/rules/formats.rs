//! Dates, times and URIs that really are ones.

use chrono::{DateTime, NaiveDate};
use weft_model::{Code, Diagnostic};

use super::findings::Findings;
use super::tables::ContractText;
use crate::bitol::TeamMember;
use crate::form::{Spot, clipped, has_variable};
use crate::odcs::{ServerType, TeamOrMembers};
use crate::odps::DataProductDocument;

/// How a text is written.
#[derive(Clone, Copy, Debug)]
enum Format {
    Date,
    DateTime,
    Uri,
}

pub(super) fn contract(contract: &ContractText<'_>, findings: &mut Findings) {
    let (root, value) = (contract.root, contract.value);
    text(root, "contractCreatedTs", value.contract_created_ts.as_deref(), Format::DateTime, findings);
    match &value.team {
        Some(TeamOrMembers::Team(team)) => {
            members(root.get("team").map_or(Vec::new(), |spot| spot.each("members", &team.members)), findings);
        }
        Some(TeamOrMembers::Members(list)) => {
            let spots = root.get("team").map(Spot::items).into_iter().flatten();
            members(spots.zip(list).collect(), findings);
        }
        None => {}
    }
    for (spot, server) in root.each("servers", &value.servers) {
        // A path is a location too, but for those servers that are reached over the network.
        let by_uri = [ServerType::Api, ServerType::Azure, ServerType::Glue, ServerType::S3, ServerType::Sftp];
        if server.r#type.known().is_some_and(|server| by_uri.contains(&server) || server == ServerType::Custom) {
            text(spot, "location", server.location.as_deref(), Format::Uri, findings);
        }
        text(spot, "stagingDir", server.staging_dir.as_deref(), Format::Uri, findings);
        text(spot, "endpointUrl", server.endpoint_url.as_deref(), Format::Uri, findings);
        text(spot, "catalogUrl", server.catalog_url.as_deref(), Format::Uri, findings);
    }
}

pub(super) fn product(root: Spot<'_>, product: &DataProductDocument, findings: &mut Findings) {
    text(root, "productCreatedTs", product.product_created_ts.as_deref(), Format::DateTime, findings);
    if let Some(team) = &product.team {
        members(root.get("team").map_or(Vec::new(), |spot| spot.each("members", &team.members)), findings);
    }
    for (spot, definition) in root.each("authoritativeDefinitions", &product.authoritative_definitions) {
        text(spot, "url", Some(&definition.url), Format::Uri, findings);
    }
    for (spot, support) in root.each("support", &product.support) {
        text(spot, "url", Some(&support.url), Format::Uri, findings);
        text(spot, "invitationUrl", support.invitation_url.as_deref(), Format::Uri, findings);
    }
    for (spot, port) in root.each("managementPorts", &product.management_ports) {
        text(spot, "url", port.url.as_deref(), Format::Uri, findings);
    }
    for (spot, port) in root.each("outputPorts", &product.output_ports) {
        for (spot, definition) in spot.each("authoritativeDefinitions", &port.authoritative_definitions) {
            text(spot, "url", Some(&definition.url), Format::Uri, findings);
        }
        for (spot, bill) in spot.each("sbom", &port.sbom) {
            text(spot, "url", bill.url.as_deref(), Format::Uri, findings);
        }
    }
}

fn members(members: Vec<(Spot<'_>, &TeamMember)>, findings: &mut Findings) {
    for (spot, member) in members {
        text(spot, "dateIn", member.date_in.as_deref(), Format::Date, findings);
        text(spot, "dateOut", member.date_out.as_deref(), Format::Date, findings);
    }
}

fn text(spot: Spot<'_>, key: &str, written: Option<&str>, format: Format, findings: &mut Findings) {
    let Some(written) = written.filter(|written| !has_variable(written)) else { return };
    let (is_one, wanted, help) = match format {
        Format::Date => {
            let is_date = written.len() == 10 && NaiveDate::parse_from_str(written, "%Y-%m-%d").is_ok();
            (is_date, "a date", "write year, month and day: `\"2026-01-31\"`")
        }
        Format::DateTime => {
            let is_instant = DateTime::parse_from_rfc3339(written).is_ok();
            (is_instant, "a date and time", "write both, with the offset: `\"2026-01-31T12:00:00Z\"`")
        }
        Format::Uri => (is_uri(written), "a URI", "begin it with a scheme, such as `https://` or `mailto:`"),
    };
    if !is_one {
        let message = format!("`{key}` must be {wanted}, and `{}` is none", clipped(written));
        findings.push(Diagnostic::error(Code::TEXT_FORMAT, spot.at(key), message).help(help));
    }
}

/// Whether a text has a scheme, something after it, and no sign that a URI must escape.
fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    let is_plain = |c: char| !c.is_whitespace() && !c.is_control() && !"<>\"\\^`".contains(c);
    is_scheme && !rest.trim_start_matches('/').is_empty() && rest.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_has_a_scheme() {
        for text in
            ["https://example.com/a?b={c}", "mailto:a@b.c", "jdbc:postgresql://h/d", "s3://bucket/*.csv", "file:///x"]
        {
            assert!(is_uri(text), "{text}");
        }
        for text in ["", "example.com", "/data/x", "https://", "https://a b", "1a:b", "#channel"] {
            assert!(!is_uri(text), "{text}");
        }
    }
}
