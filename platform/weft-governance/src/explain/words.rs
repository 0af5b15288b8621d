//! The answer in one sentence.

use super::{Inquiry, Sees};
use crate::seen::worded;

/// `dana sees email of loyalty.members.profiles masked (partial_email), in some of its rows.`
pub(super) fn sentence(inquiry: &Inquiry<'_>, sees: &Sees) -> String {
    let (who, port) = (&inquiry.request.principal.name, inquiry.port);
    let column = inquiry.column.as_ref().map_or("", |column| &column.name);
    let rows = if inquiry.decision.hides_rows() { ", in some of its rows" } else { "" };
    match sees {
        Sees::Denied if column.is_empty() => format!("{who} may not read {port}."),
        Sees::Denied => format!("{who} may not read {port}, and so not {column}."),
        Sees::Hidden => format!("{who} does not see {column}: {port} has no such column for {who}."),
        Sees::Clear => format!("{who} sees {column} of {port} in clear{rows}."),
        Sees::Masked(masks) => format!("{who} sees {column} of {port} masked ({}){rows}.", worded(masks)),
        Sees::Port { masked: 0, hidden: 0, .. } => format!("{who} reads {port} in clear{rows}."),
        Sees::Port { clear, masked, hidden } => {
            let counts = [(clear, "in clear"), (masked, "masked"), (hidden, "hidden")];
            let counts: Vec<String> =
                counts.iter().filter(|(n, _)| **n > 0).map(|(n, what)| format!("{n} {what}")).collect();
            format!("{who} reads {port}: of its columns {}{rows}.", counts.join(", "))
        }
    }
}
