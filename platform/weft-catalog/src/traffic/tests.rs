use super::*;

/// Numbers that look like chance and are the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

fn traffic(served: impl IntoIterator<Item = (Served, u64)>) -> Traffic {
    served.into_iter().collect()
}

fn answered(first_ms: u64) -> (Served, u64) {
    (Served::Answered { first_ms, busy_ms: first_ms }, 1)
}

fn failed() -> (Served, u64) {
    (Served::Failed { after_ms: 3 }, 0)
}

#[test]
fn a_length_of_time_is_kept_to_a_sixteenth_of_it_and_never_shortened() {
    for ms in (0..5_000).chain([1 << 20, (1 << 20) + 1, 86_400_000, u64::MAX]) {
        let kept = rounded_up(ms);
        assert!(kept >= ms && kept - ms <= ms / 16, "{ms} as {kept}");
        assert_eq!(rounded_up(kept), kept, "{ms}");
    }
    assert!((0..4_000).all(|ms| rounded_up(ms) <= rounded_up(ms + 1)));
}

#[test]
fn a_percentile_lies_at_the_nearest_rank_or_a_little_above() {
    let mut chance = Chance(7);
    for round in 0..300 {
        let count = 1 + chance.below(200);
        let mut all: Vec<u64> = (0..count).map(|_| 1 << chance.below(14)).map(|top: u64| top + round % 7).collect();
        let traffic = traffic(all.iter().map(|ms| answered(*ms)));
        all.sort_unstable();
        for percentile in [1, 10_000, 500_000, 950_000, 999_000, 999_999] {
            let rank = (count * u64::from(percentile)).div_ceil(1_000_000).max(1);
            let exact = all[usize::try_from(rank).unwrap() - 1];
            let told = traffic.latency_ms(percentile).unwrap();
            assert!(told >= exact && told - exact <= exact / 16, "{percentile} of {all:?}: {told}, not {exact}");
        }
    }
    assert_eq!(Traffic::default().latency_ms(950_000), None);
}

#[test]
fn a_share_that_fails_and_the_share_that_does_not_are_one_promise() {
    let mut chance = Chance(11);
    for _ in 0..2_000 {
        let (good, bad) = (chance.below(2_000), chance.below(20));
        let queries = (0..good).map(|_| answered(5)).chain((0..bad).map(|_| failed()));
        let traffic = traffic(queries);
        if good + bad == 0 {
            assert_eq!((traffic.availability(), traffic.error_rate()), (None, None));
            continue;
        }
        let (available, erring) = (traffic.availability().unwrap(), traffic.error_rate().unwrap());
        assert!((available + erring - 100.0).abs() < 1e-9);
        let most = u32::try_from(chance.below(20_000)).unwrap();
        let exact = u128::from(bad) * 1_000_000 <= u128::from(most) * u128::from(good + bad);
        assert_eq!(traffic.fails_at_most(most), exact);
    }
    let one_in_a_thousand = traffic((0..999).map(|_| answered(5)).chain([failed()]));
    assert!(one_in_a_thousand.fails_at_most(1_000) && !one_in_a_thousand.fails_at_most(999));
}

#[test]
fn what_is_not_the_platforms_to_answer_for_counts_nowhere() {
    let traffic = traffic([(Served::Aside, 5_000), answered(40), failed(), (Served::Aside, 0)]);
    assert_eq!((traffic.queries(), traffic.answered(), traffic.failed()), (2, 1, 1));
    assert_eq!(traffic.rows_a_second(), None);
}

#[test]
fn throughput_is_of_long_answers_and_leaves_out_who_is_slow_to_take_them() {
    let long = |rows, busy_ms| (Served::Answered { first_ms: 1, busy_ms }, rows);
    let traffic = traffic([long(999, 9_000), long(1_000, 500), long(3_000, 1_500)]);
    assert_eq!((traffic.long_answers(), traffic.rows_a_second()), (2, Some(2_000.0)));
    let day = 2_000 * 86_400;
    assert!(traffic.comes_with(day) && !traffic.comes_with(day + 1));
    assert_eq!(self::traffic([long(1_000, 0)]).rows_a_second(), Some(1_000_000.0));
}

#[test]
fn a_percentile_takes_as_many_answers_as_there_are_beyond_it() {
    let least = |percentile| Traffic::answers_min(percentile);
    assert_eq!([500_000, 950_000, 960_000, 990_000, 999_000].map(least), [20, 20, 25, 100, 1_000]);
    assert_eq!(least(999_999), 1_000_000);
}

#[test]
fn a_day_goes_back_by_whole_hours() {
    let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    assert_eq!(Traffic::since(at("2026-03-02T12:59:59.9Z")), at("2026-03-01T12:00:00Z"));
    assert_eq!(Traffic::since(at("2026-03-02T12:00:00Z")), at("2026-03-01T12:00:00Z"));
    assert_eq!(hour_of(at("1969-12-31T23:30:00Z")), at("1969-12-31T23:00:00Z"));
}
