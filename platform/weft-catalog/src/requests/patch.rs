//! A grant as a commit, for a domain that takes it over into its own files.

use std::fmt::Write as _;

use weft_governance::Grant;

/// How many lines of the file stand before those that are added.
const CONTEXT: usize = 3;

/// A patch, as `git am` takes it, that adds the rows of `grant` to the end of the domain's access file, which reads
/// `text` now (`None` where there is none yet). Empty where the rows stand in it already; `None` where no row can say
/// what is granted.
pub(crate) fn added(grant: &Grant, text: Option<&str>) -> Option<String> {
    let before: Vec<&str> = text.unwrap_or_default().lines().collect();
    let rows: Vec<String> = grant.lines()?.into_iter().filter(|row| !before.contains(&row.as_str())).collect();
    if rows.is_empty() {
        return Some(String::new());
    }
    let who = grant.approved_by.join(" and ");
    let comment = format!("# {}: granted to {}, approved by {who}.", grant.id, grant.subject);
    let lines: Vec<String> = [String::new(), comment].into_iter().chain(rows).collect();
    let file = format!("products/{}/access.csv", grant.port.domain);
    let mut patch = String::new();
    // Writing to a string does not fail.
    let _ = write!(
        patch,
        "From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001\nFrom: Weft <weft@localhost>\n\
         Date: {}\nSubject: [PATCH] {}: {} may read {}\n\nGranted on request, approved by {who}. From here on the file \
         says so.\n---\n",
        grant.since.to_rfc2822(),
        grant.id,
        grant.subject,
        grant.port,
    );
    let kept = before.get(before.len().saturating_sub(CONTEXT)..).unwrap_or_default();
    let first = before.len() - kept.len() + 1;
    let is_ended = text.is_none_or(|text| text.is_empty() || text.ends_with('\n'));
    match text {
        Some(_) => {
            let _ = write!(patch, "diff --git a/{file} b/{file}\n--- a/{file}\n+++ b/{file}\n");
        }
        None => {
            let _ = write!(patch, "diff --git a/{file} b/{file}\nnew file mode 100644\n--- /dev/null\n+++ b/{file}\n");
        }
    }
    let (from, lines) = if before.is_empty() { (0, &lines[1..]) } else { (first, &lines[..]) };
    let _ = writeln!(patch, "@@ -{from},{} +{first},{} @@", kept.len(), kept.len() + lines.len());
    for (index, line) in kept.iter().enumerate() {
        if index + 1 == kept.len() && !is_ended {
            let _ = write!(patch, "-{line}\n\\ No newline at end of file\n+{line}\n");
        } else {
            let _ = writeln!(patch, " {line}");
        }
    }
    for line in lines {
        let _ = writeln!(patch, "+{line}");
    }
    patch.push_str("-- \nweft\n");
    Some(patch)
}
