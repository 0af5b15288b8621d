//! How often one may ask: per principal, and per address for credentials that do not hold.

use std::fmt;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use governor::clock::{Clock, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use moka::sync::Cache;
use weft_model::Principal;

use crate::IdentityError;

/// So many principals, and addresses, are told apart at most; what comes beyond is counted as one.
const KEYS_MAX: usize = 100_000;
/// After so many questions those that asked nothing lately are forgotten.
const TRIM_EVERY: u64 = 1_024;

/// How often one may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateSettings {
    /// Requests of one principal in a second, on all doors together, over a longer time.
    pub requests_per_second: NonZeroU32,
    /// How many may come at once.
    pub requests_burst: NonZeroU32,
    /// Credentials from one address in a minute that do not hold.
    pub refusals_per_minute: NonZeroU32,
}

impl RateSettings {
    /// Far above what people and programs need that are well, and below what holds up others.
    pub const DEFAULT: RateSettings = RateSettings {
        requests_per_second: number(5_000),
        requests_burst: number(10_000),
        refusals_per_minute: number(1_000),
    };
}

impl Default for RateSettings {
    fn default() -> Self {
        RateSettings::DEFAULT
    }
}

const fn number(number: u32) -> NonZeroU32 {
    match NonZeroU32::new(number) {
        Some(number) => number,
        None => NonZeroU32::MIN,
    }
}

/// Counts requests of principals and refusals of addresses. In memory, for this process alone.
pub(crate) struct Rates {
    requests: Buckets<String, DefaultClock>,
    refusals: Buckets<IpAddr, DefaultClock>,
    /// Addresses that had too many refusals, and until when nothing new is looked at that comes from there.
    held_off: Cache<IpAddr, Instant>,
}

impl Rates {
    pub(crate) fn new(settings: RateSettings) -> Self {
        let requests = Quota::per_second(settings.requests_per_second).allow_burst(settings.requests_burst);
        let refusals = Quota::per_minute(settings.refusals_per_minute);
        Rates {
            requests: Buckets::new(requests, String::new(), DefaultClock::default()),
            refusals: Buckets::new(refusals, Ipv6Addr::UNSPECIFIED.into(), DefaultClock::default()),
            held_off: Cache::builder().max_capacity(KEYS_MAX as u64).time_to_live(Duration::from_secs(60)).build(),
        }
    }

    /// Counts a request of `principal`.
    ///
    /// # Errors
    ///
    /// [`IdentityError::TooMany`] if there were too many.
    pub(crate) fn admit(&self, principal: &Principal) -> Result<(), IdentityError> {
        let too_many = |wait| limited("principal", "too many requests of this principal", wait);
        self.requests.take(&principal.subject()).map_err(too_many)
    }

    /// Whether credentials from `address` that nobody has seen yet are looked at now. Counts nothing.
    ///
    /// # Errors
    ///
    /// [`IdentityError::TooMany`] if too many from there did not hold.
    pub(crate) fn let_try(&self, address: IpAddr) -> Result<(), IdentityError> {
        let until = self.held_off.get(&network(address));
        match until.and_then(|until| until.checked_duration_since(Instant::now())).filter(|wait| !wait.is_zero()) {
            Some(wait) => Err(too_many_refused(wait)),
            None => Ok(()),
        }
    }

    /// Counts that credentials from `address` did not hold.
    ///
    /// # Errors
    ///
    /// [`IdentityError::TooMany`] if too many did not.
    pub(crate) fn refused(&self, address: IpAddr) -> Result<(), IdentityError> {
        metrics::counter!("weft_identity_refused_total").increment(1);
        let network = network(address);
        self.refusals.take(&network).map_err(|wait| {
            self.held_off.insert(network, Instant::now() + wait);
            too_many_refused(wait)
        })
    }
}

impl fmt::Debug for Rates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rates").finish_non_exhaustive()
    }
}

fn too_many_refused(wait: Duration) -> IdentityError {
    limited("address", "too many credentials from this address did not hold", wait)
}

fn limited(by: &'static str, what: &'static str, wait: Duration) -> IdentityError {
    metrics::counter!("weft_identity_limited_total", "by" => by).increment(1);
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    IdentityError::TooMany { what, seconds: seconds.max(1) }
}

/// What one client has of addresses: of version 6, as many as it likes within 64 bits.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address @ IpAddr::V4(_) => address,
    }
}

/// A bucket of tokens for each key, and one for all beyond [`KEYS_MAX`].
struct Buckets<K: Hash + Eq + Clone, C: Clock> {
    limiter: RateLimiter<K, DashMapStateStore<K>, C, NoOpMiddleware<C::Instant>>,
    clock: C,
    others: K,
    asked: AtomicU64,
    is_full: AtomicBool,
}

impl<K: Hash + Eq + Clone, C: Clock + Clone> Buckets<K, C> {
    fn new(quota: Quota, others: K, clock: C) -> Self {
        let limiter = RateLimiter::dashmap_with_clock(quota, clock.clone());
        Buckets { limiter, clock, others, asked: AtomicU64::new(0), is_full: AtomicBool::new(false) }
    }

    /// Takes one of `key`, or says how long there is none.
    fn take(&self, key: &K) -> Result<(), Duration> {
        if self.asked.fetch_add(1, Ordering::Relaxed) % TRIM_EVERY == TRIM_EVERY - 1 {
            self.trim(KEYS_MAX);
        }
        let key = if self.is_full.load(Ordering::Relaxed) { &self.others } else { key };
        self.limiter.check_key(key).map_err(|until| until.wait_time_from(self.clock.now()))
    }

    /// Forgets the keys whose bucket is full again, which is what a new one is.
    fn trim(&self, keys_max: usize) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
        self.is_full.store(self.limiter.len() >= keys_max, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    #[test]
    fn a_bucket_gives_what_it_holds_and_fills_again() {
        let clock = FakeRelativeClock::default();
        let quota = Quota::per_second(number(2)).allow_burst(number(3));
        let buckets = Buckets::new(quota, 0, clock.clone());
        for _ in 0..3 {
            assert_eq!(buckets.take(&1), Ok(()));
        }
        assert_eq!(buckets.take(&1), Err(Duration::from_millis(500)));
        assert_eq!(buckets.take(&2), Ok(()), "each has one of its own");
        clock.advance(Duration::from_millis(500));
        assert_eq!(buckets.take(&1), Ok(()));
        assert!(buckets.take(&1).is_err());
    }

    #[test]
    fn who_asks_nothing_is_forgotten_and_too_many_share_one_bucket() {
        let clock = FakeRelativeClock::default();
        let buckets = Buckets::new(Quota::per_second(number(2)), 0, clock.clone());
        for key in 1..=4_000 {
            assert_eq!(buckets.take(&key), Ok(()));
        }
        assert!(buckets.limiter.len() >= 3_000);
        buckets.trim(100);
        assert_eq!((buckets.take(&8_001), buckets.take(&8_002)), (Ok(()), Ok(())));
        assert!(buckets.take(&8_003).is_err(), "all others are one");
        clock.advance(Duration::from_secs(2));
        buckets.trim(100);
        assert!(buckets.limiter.is_empty());
        assert_eq!(buckets.take(&8_003), Ok(()));
        clock.advance(Duration::from_secs(2));
        for key in 0..TRIM_EVERY * 3 {
            assert_eq!(buckets.take(&key), Ok(()));
            clock.advance(Duration::from_secs(2));
        }
        assert!(buckets.limiter.len() < 2 * TRIM_EVERY as usize, "it is trimmed by itself");
    }

    #[test]
    fn an_address_of_version_6_counts_with_its_network() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), of("2001:db8:1:2::9"));
        assert_ne!(of("2001:db8:1:2::9"), of("2001:db8:1:3::9"));
        assert_eq!(of("::ffff:10.0.0.1"), of("10.0.0.1"));
        assert_ne!(of("10.0.0.1"), of("10.0.0.2"));
    }

    #[test]
    fn an_address_of_which_too_much_was_refused_is_held_off_and_others_are_not() {
        let rates = Rates::new(RateSettings { refusals_per_minute: number(1), ..RateSettings::DEFAULT });
        let (bad, good): (IpAddr, IpAddr) = ([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
        assert!(rates.let_try(bad).is_ok() && rates.refused(bad).is_ok());
        assert!(rates.let_try(bad).is_ok(), "one is let by");
        let IdentityError::TooMany { seconds, .. } = rates.refused(bad).unwrap_err() else { panic!() };
        assert!((1..=60).contains(&seconds));
        assert!(rates.let_try(bad).is_err());
        assert!(rates.let_try(good).is_ok() && rates.refused(good).is_ok());
    }
}
