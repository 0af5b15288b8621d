//! A plan as people read it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::SecondsFormat;
use weft_manifest::compatibility::{label, line};
use weft_model::compatibility::Grade;
use weft_model::{PortRef, ProductRef};

use super::{Change, Held, Plan, Step};
use crate::{Consumer, Review, ReviewedChange, Verdict, Waiting};

/// Most changes of a port, and consumers of a change, that a plan shows unless it is to show all.
const CHANGES_MAX: usize = 12;
const CONSUMERS_MAX: usize = 6;

impl Plan {
    /// For people, one screen: what changes, by product and port, and whom it hits. `verbose` shows all
    /// of it, what the ports are made from, and those that stay as they are.
    pub fn to_text(&self, verbose: bool) -> String {
        let mut text = String::new();
        for (product, ports) in self.by_product() {
            let _ = writeln!(text, "  {} {product}{}", sign_of(&ports), verdict_of(&ports));
            let width = ports.keys().map(|port| port.port.as_str().len()).max().unwrap_or_default();
            for (port, item) in ports {
                let _ = writeln!(text, "      {}", item.line(port.port.as_str(), width));
                if let (true, Some(fingerprint)) = (verbose, item.step.and_then(|step| step.fingerprint.as_ref())) {
                    let _ = writeln!(text, "          fingerprint {fingerprint}");
                }
                if let Some(review) = item.review {
                    review_lines(&mut text, review, verbose);
                }
            }
        }
        for held in &self.held {
            let _ = writeln!(text, "  = {}   {}", held.product, held.to_text());
        }
        self.access_lines(&mut text, verbose);
        for Waiting { port, until } in &self.waiting {
            let _ = writeln!(text, "  . {port}   waits until {}", until.to_rfc3339_opts(SecondsFormat::Secs, true));
        }
        if verbose {
            let waits = |port: &&PortRef| self.waiting.iter().any(|waiting| waiting.port == **port);
            for port in self.unchanged.iter().filter(|port| !waits(port)) {
                let _ = writeln!(text, "    {port}   stays as it is");
            }
        }
        if !text.is_empty() {
            text.push('\n');
        }
        let breaking = self.reviews.iter().filter(|review| review.verdict >= Verdict::Breaking).count();
        let refused = self.reviews.iter().filter(|review| review.verdict == Verdict::Refused).count();
        let _ = write!(text, "{} changed, {} unchanged", self.steps.len(), self.unchanged.len());
        let (waiting, held) = (self.waiting.len(), self.held.len());
        for (count, word) in [(waiting, "waiting"), (breaking, "breaking"), (refused, "refused"), (held, "held")] {
            if count > 0 {
                let _ = write!(text, " · {count} {word}");
            }
        }
        let _ = writeln!(text, " · revision {} · plan {}", self.revision.short(), self.id());
        text
    }

    /// Rules that come and go, and what it comes to for whom.
    fn access_lines(&self, text: &mut String, verbose: bool) {
        if self.rules.is_empty() && self.access.is_empty() {
            return;
        }
        let shown = |all: usize| if verbose { all } else { CHANGES_MAX };
        let _ = writeln!(text, "  ~ access");
        for rule in self.rules.iter().take(shown(self.rules.len())) {
            let _ = writeln!(text, "      {} {}:{}   {}", rule.sign.as_str(), rule.file, rule.line, rule.text);
        }
        more(text, "      ", self.rules.len().saturating_sub(shown(self.rules.len())), "line");
        for change in self.access.iter().take(shown(self.access.len())) {
            let _ = writeln!(text, "      {}\n          {}", change.sentence(), change.names(verbose));
        }
        more(text, "      ", self.access.len().saturating_sub(shown(self.access.len())), "change");
    }

    /// Steps and reviews together, products in the order in which they are built; refused ones last.
    fn by_product(&self) -> Vec<(ProductRef, BTreeMap<&PortRef, Item<'_>>)> {
        let mut products: Vec<(ProductRef, BTreeMap<&PortRef, Item<'_>>)> = Vec::new();
        let mut place = |port: &PortRef| {
            let name = port.product_ref();
            products.iter().position(|(product, _)| *product == name).unwrap_or_else(|| {
                products.push((name, BTreeMap::new()));
                products.len() - 1
            })
        };
        let steps: Vec<(usize, &Step)> = self.steps.iter().map(|step| (place(&step.port), step)).collect();
        let reviews: Vec<(usize, &Review)> = self.reviews.iter().map(|review| (place(&review.port), review)).collect();
        for (i, step) in steps {
            if let Some((_, ports)) = products.get_mut(i) {
                ports.entry(&step.port).or_default().step = Some(step);
            }
        }
        for (i, review) in reviews {
            if let Some((_, ports)) = products.get_mut(i) {
                ports.entry(&review.port).or_default().review = Some(review);
            }
        }
        products
    }
}

impl Held {
    /// `held: rolled back to release 3; changes with the next commit to the product`.
    pub fn to_text(&self) -> String {
        format!("held: rolled back to release {}; changes with the next commit to the product", self.rolled_back_to)
    }
}

/// What a plan says of one port.
#[derive(Clone, Copy, Debug, Default)]
struct Item<'a> {
    step: Option<&'a Step>,
    review: Option<&'a Review>,
}

impl Item<'_> {
    fn sign(&self) -> char {
        self.step.map_or('✗', |step| step.change.sign_and_reason().0)
    }

    /// `~ departures  1.0.0 → 1.1.0  rebuilt: its contract changes · 336,776 rows, 12.3 MB`.
    fn line(&self, port: &str, width: usize) -> String {
        let versions = match self.review {
            Some(review) if review.from == review.to => format!("  {}", review.from),
            Some(review) => format!("  {} → {}", review.from, review.to),
            None => String::new(),
        };
        let reason = self.step.map_or("refused, stays as it is served", |step| step.change.sign_and_reason().1);
        let rewrites = self.step.filter(|step| matches!(step.change, Change::Refresh(_)));
        let size = rewrites.and_then(|step| Some(format!(" · {}", sized(step.rows?, step.bytes?)))).unwrap_or_default();
        let switch = self.step.and_then(|step| step.switch.as_ref());
        let switch = switch.map(|(of, day)| format!(" · is `{of}` from {day} on")).unwrap_or_default();
        let kept = self.step.map(kept).unwrap_or_default();
        format!("{} {port:width$}{versions}  {reason}{size}{kept}{switch}", self.sign())
    }
}

fn sign_of(ports: &BTreeMap<&PortRef, Item<'_>>) -> char {
    let mut signs = ports.values().map(Item::sign);
    let first = signs.next().unwrap_or('~');
    if signs.all(|sign| sign == first) { first } else { '~' }
}

fn verdict_of(ports: &BTreeMap<&PortRef, Item<'_>>) -> &'static str {
    match ports.values().filter_map(|item| item.review).map(|review| review.verdict).max() {
        Some(Verdict::Refused) => "   REFUSED",
        Some(Verdict::Breaking) => "   BREAKING",
        Some(Verdict::Safe) => "   safe",
        None => "",
    }
}

fn review_lines(text: &mut String, review: &Review, verbose: bool) {
    let mut changes: Vec<&ReviewedChange> = review.changes.iter().collect();
    changes.sort_by_key(|reviewed| std::cmp::Reverse(reviewed.change.grades.consumers));
    let shown = if verbose { changes.len() } else { CHANGES_MAX };
    let width = changes.iter().take(shown).map(|c| label(&c.change).len()).max().unwrap_or_default();
    for reviewed in changes.iter().take(shown) {
        let since = match reviewed.since == review.from {
            true => String::new(),
            false => format!("   for readers of {}", reviewed.since),
        };
        let _ = writeln!(text, "          {:width$} {}{since}", label(&reviewed.change), line(&reviewed.change, false));
        if let Some(allowed) = &reviewed.overridden {
            let _ = writeln!(
                text,
                "              allowed by {} until {}: {}",
                allowed.approver, allowed.until, allowed.reason
            );
        }
        let most = if verbose { usize::MAX } else { CONSUMERS_MAX };
        let verb = if reviewed.change.grades.consumers == Grade::Error { "breaks" } else { "concerns" };
        for consumer in reviewed.consumers.iter().take(most) {
            let _ = writeln!(text, "              {verb}  {}", told(consumer));
        }
        more(text, "              ", reviewed.consumers.len().saturating_sub(most), "reader");
    }
    more(text, "          ", changes.len().saturating_sub(shown), "change");
}

fn more(text: &mut String, indent: &str, count: usize, noun: &str) {
    if count > 0 {
        let plural = if count == 1 { "" } else { "s" };
        let _ = writeln!(text, "{indent}and {count} more {noun}{plural}; -v shows them");
    }
}

fn told(consumer: &Consumer) -> String {
    match consumer {
        Consumer::Product { product, owner } => format!("{:<24} input port, owner {owner}", product.to_string()),
        Consumer::Observed { principal, queries, last_at } => {
            let plural = if *queries == 1 { "query" } else { "queries" };
            format!("{principal:<24} {queries} {plural}, the last on {}", last_at.format("%Y-%m-%d"))
        }
    }
}

/// `, 336,776 rows kept until 2027-11-26`; nothing where the step ends no table.
fn kept(step: &Step) -> String {
    let (Change::Retire, Some(rows)) = (step.change, step.rows) else { return String::new() };
    let plural = if rows == 1 { "row" } else { "rows" };
    let until = step.kept_until.map(|day| format!(" until {day}")).unwrap_or_default();
    format!(", {} {plural} kept{until}", grouped(rows))
}

/// `336,776 rows, 12.3 MB`.
fn sized(rows: u64, bytes: u64) -> String {
    let (bytes, unit) = if bytes < 1_000_000 { (bytes as f64 / 1e3, "kB") } else { (bytes as f64 / 1e6, "MB") };
    format!("{} rows, {bytes:.1} {unit}", grouped(rows))
}

/// `336,776`.
fn grouped(rows: u64) -> String {
    let digits = rows.to_string();
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
