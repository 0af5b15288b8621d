//! How many queries one principal may have under way at once.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Semaphore;

use crate::QueryError;

/// Queries that one principal may have under way: planned, waiting to be planned, or giving rows.
const QUERIES_MAX: usize = 16;
/// Queries that one principal may have planned at the same moment. More wait for their turn.
const PLANNED_AT_ONCE_MAX: usize = 4;

/// The queries under way, counted by who asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Admission {
    asking: Arc<Mutex<HashMap<String, Asking>>>,
}

#[derive(Debug)]
struct Asking {
    queries: usize,
    planners: Arc<Semaphore>,
}

/// A place that is taken until the last clone is dropped.
///
/// Whoever plans holds a clone too: a planner that is stuck keeps its principal's place and nobody
/// else's.
#[derive(Clone, Debug)]
pub(crate) struct Admitted {
    planners: Arc<Semaphore>,
    _place: Arc<Place>,
}

#[derive(Debug)]
struct Place {
    admission: Admission,
    subject: String,
}

impl Admission {
    /// A place for one more query of `subject`.
    ///
    /// # Errors
    ///
    /// [`QueryError::TooManyQueries`] where it has as many as one may.
    pub(crate) fn admit(&self, subject: &str) -> Result<Admitted, QueryError> {
        let mut asking = self.asking.lock();
        let fresh = || Asking { queries: 0, planners: Arc::new(Semaphore::new(PLANNED_AT_ONCE_MAX)) };
        let own = asking.entry(subject.to_owned()).or_insert_with(fresh);
        if own.queries >= QUERIES_MAX {
            return Err(QueryError::TooManyQueries { limit: QUERIES_MAX });
        }
        own.queries += 1;
        let place = Place { admission: self.clone(), subject: subject.to_owned() };
        Ok(Admitted { planners: Arc::clone(&own.planners), _place: Arc::new(place) })
    }
}

impl Admitted {
    /// The turns of this principal at planning.
    pub(crate) fn planners(&self) -> Arc<Semaphore> {
        Arc::clone(&self.planners)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut asking = self.admission.asking.lock();
        if let Some(own) = asking.get_mut(&self.subject) {
            own.queries -= 1;
            if own.queries == 0 {
                asking.remove(&self.subject);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_principals_queries_never_take_theirs_place() {
        let admission = Admission::default();
        let held: Vec<Admitted> = (0..QUERIES_MAX).map(|_| admission.admit("user:ana").unwrap()).collect();
        assert!(matches!(admission.admit("user:ana"), Err(QueryError::TooManyQueries { limit: QUERIES_MAX })));
        assert!(admission.admit("user:omar").is_ok());
        drop(held);
        assert!(admission.admit("user:ana").is_ok());
    }

    #[test]
    fn a_place_is_free_once_its_last_holder_is_gone() {
        let admission = Admission::default();
        let held: Vec<Admitted> = (0..QUERIES_MAX).map(|_| admission.admit("user:ana").unwrap()).collect();
        let stuck = held[0].clone();
        drop(held);
        let others: Vec<Admitted> = (1..QUERIES_MAX).map(|_| admission.admit("user:ana").unwrap()).collect();
        assert!(admission.admit("user:ana").is_err());
        drop((stuck, others));
        assert!(admission.asking.lock().is_empty());
    }
}
