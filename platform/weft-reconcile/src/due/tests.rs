use std::sync::Arc;

use weft_model::{Published, Revision};

use super::*;
use crate::plan::tests::{declared, domain, product};
use crate::{Plan, plan};

const DAILY: &str = r#"{"on": "cron", "cron": "0 6 * * *", "timezone": "Europe/Paris"}"#;
const QUIET: &str = r#"{"on": "inputs", "debounce_ms": 600000}"#;

/// `d.a.out`, a seed that holds `rows`, and `d.b.out`, made from it by `schedule`; and `d.c.out`, made from that.
fn mesh(rows: &str, sql: &str, schedule: &str) -> Declared {
    let mut b = product("b", &["a"], sql);
    b.outputs[0].schedule = serde_json::from_str(schedule).unwrap();
    declared(vec![product("a", &[], rows), b, product("c", &["b"], "1")])
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// A mesh at work: what it serves and has looked at.
struct Running {
    known: Known,
}

impl Running {
    fn nothing() -> Self {
        Running { known: Known::nothing() }
    }

    /// Plans at `now`, does all of it, and gives the plan.
    fn reconcile(&mut self, declared: &Declared, now: &str) -> Plan {
        self.known.now = at(now);
        let plan = plan(declared, &self.known, &[]);
        let mut published = Published::clone(&self.known.published);
        for step in &plan.steps {
            let name = step.port.product_ref();
            let port = PortRelease {
                table_version: Some(1),
                refreshed_at: Some(self.known.now),
                ..PortRelease::of_view(step.fingerprint.clone().unwrap())
            };
            let release = Release {
                number: 1,
                revision: Revision::new("r1"),
                plan: plan.id(),
                at: self.known.now,
                product: declared.product(&name).unwrap().clone(),
                domain: domain(),
                ports: [(step.port.port.clone(), port)].into(),
                archived: BTreeMap::new(),
                rolled_back: None,
            };
            published.releases.insert(name, release);
        }
        self.known.published = Arc::new(published);
        self.known.looked.extend(plan.in_order.iter().map(|port| (port.clone(), self.known.now)));
        plan
    }
}

#[track_caller]
fn check(plan: &Plan, steps: &[&str], waiting: Option<&str>) {
    let built: Vec<String> = plan.steps.iter().map(|step| step.port.to_string()).collect();
    assert_eq!(built, steps);
    let waits: Vec<_> = plan.waiting.iter().map(|waiting| (waiting.port.to_string(), waiting.until)).collect();
    assert_eq!(waits, waiting.map(|until| ("d.b.out".to_owned(), at(until))).into_iter().collect::<Vec<_>>());
}

#[test]
fn a_port_with_a_clock_waits_for_its_tick_and_its_readers_wait_with_it() {
    let mut mesh_at_work = Running::nothing();
    let all = ["d.a.out", "d.b.out", "d.c.out"];
    check(&mesh_at_work.reconcile(&mesh("1", "1", DAILY), "2026-11-26T04:00:00Z"), &all, None);

    let plan = mesh_at_work.reconcile(&mesh("2", "1", DAILY), "2026-11-26T04:30:00Z");
    check(&plan, &["d.a.out"], Some("2026-11-26T05:00:00Z"));
    assert_eq!(plan.next, Some(at("2026-11-26T05:00:00Z")));
    assert!(plan.to_text(false).contains("d.b.out   waits until 2026-11-26T05:00:00Z"), "{}", plan.to_text(false));
    let json = serde_json::to_value(&plan).unwrap();
    assert_eq!(json["waiting"], serde_json::json!([{"port": "d.b.out", "until": "2026-11-26T05:00:00Z"}]));

    let plan = mesh_at_work.reconcile(&mesh("2", "1", DAILY), "2026-11-26T05:00:00Z");
    check(&plan, &["d.b.out", "d.c.out"], None);
    assert_eq!(plan.next, Some(at("2026-11-27T05:00:00Z")));
}

#[test]
fn ticks_that_were_slept_through_count_once() {
    let mut mesh_at_work = Running::nothing();
    mesh_at_work.reconcile(&mesh("1", "1", DAILY), "2026-11-26T04:00:00Z");
    let plan = mesh_at_work.reconcile(&mesh("2", "1", DAILY), "2026-11-29T17:00:00Z");
    check(&plan, &["d.a.out", "d.b.out", "d.c.out"], None);
    let plan = mesh_at_work.reconcile(&mesh("3", "1", DAILY), "2026-11-29T17:01:00Z");
    check(&plan, &["d.a.out"], Some("2026-11-30T05:00:00Z"));
}

#[test]
fn a_tick_at_which_there_was_nothing_to_do_is_done_with() {
    let mut mesh_at_work = Running::nothing();
    mesh_at_work.reconcile(&mesh("1", "1", DAILY), "2026-11-26T04:00:00Z");
    let plan = mesh_at_work.reconcile(&mesh("1", "1", DAILY), "2026-11-26T05:00:00Z");
    check(&plan, &[], None);
    let plan = mesh_at_work.reconcile(&mesh("2", "1", DAILY), "2026-11-26T07:00:00Z");
    check(&plan, &["d.a.out"], Some("2026-11-27T05:00:00Z"));
}

#[test]
fn a_change_of_the_ports_own_counts_at_once() {
    let mut mesh_at_work = Running::nothing();
    for schedule in [DAILY, QUIET] {
        mesh_at_work.reconcile(&mesh("1", "1", schedule), "2026-11-26T05:00:00Z");
        let plan = mesh_at_work.reconcile(&mesh("2", "2", schedule), "2026-11-26T05:01:00Z");
        check(&plan, &["d.a.out", "d.b.out", "d.c.out"], None);
    }
}

#[test]
fn inputs_are_taken_in_once_they_have_been_quiet() {
    let mut mesh_at_work = Running::nothing();
    mesh_at_work.reconcile(&mesh("1", "1", QUIET), "2026-11-26T04:00:00Z");
    let plan = mesh_at_work.reconcile(&mesh("2", "1", QUIET), "2026-11-26T05:00:00Z");
    check(&plan, &["d.a.out"], Some("2026-11-26T05:10:00Z"));
    let plan = mesh_at_work.reconcile(&mesh("3", "1", QUIET), "2026-11-26T05:09:00Z");
    check(&plan, &["d.a.out"], Some("2026-11-26T05:19:00Z"));
    let plan = mesh_at_work.reconcile(&mesh("3", "1", QUIET), "2026-11-26T05:18:59Z");
    check(&plan, &[], Some("2026-11-26T05:19:00Z"));
    assert_eq!(plan.next, Some(at("2026-11-26T05:19:00Z")));
    let plan = mesh_at_work.reconcile(&mesh("3", "1", QUIET), "2026-11-26T05:19:00Z");
    check(&plan, &["d.b.out", "d.c.out"], None);
    assert_eq!(plan.next, None);
}
