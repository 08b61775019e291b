//! Who is lent a connection next.
//!
//! One that comes back goes to whoever has waited longest at the runtime that drives it, because no other thread has to be
//! woken for its answers then. Nobody is passed over more than a few times for that: where all connections are of another
//! runtime, waiting takes little longer than in a queue.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, oneshot};

use super::connection::lock;

/// How many who came later may be served before somebody, because what came back was of their runtime.
const PASSED_MAX: u32 = 4;
/// What nobody has used for so long is closed.
const IDLE_MAX: Duration = Duration::from_secs(600);

/// What is lent.
pub(super) trait Lendable {
    /// Where it is driven, or asked from.
    type Home: PartialEq + Copy;
    /// Where it is driven.
    fn home(&self) -> Self::Home;
    /// Whether it should be lent any more.
    fn is_usable(&self) -> bool;
}

/// Lends so many connections at a time, each to one alone.
pub(super) struct Lending<C: Lendable> {
    state: Mutex<State<C>>,
    max: usize,
    /// Told when one less is lent.
    returned: Notify,
}

struct State<C: Lendable> {
    idle: Vec<Idle<C>>,
    lent: usize,
    /// In the order they came. Nobody waits while less than all are lent.
    waiting: VecDeque<Waiting<C>>,
    is_closed: bool,
}

/// What is lent to nobody, and since when.
pub(super) struct Idle<C> {
    pub(super) item: Arc<C>,
    pub(super) since: Instant,
}

struct Waiting<C: Lendable> {
    home: C::Home,
    passed: u32,
    answer: oneshot::Sender<Permit<C>>,
}

/// The right to have one; it ends when this is dropped.
pub(super) struct Permit<C: Lendable> {
    /// Which one; none if a new one may be opened.
    pub(super) idle: Option<Idle<C>>,
    lending: Option<Arc<Lending<C>>>,
}

impl<C: Lendable> Lending<C> {
    pub(super) fn new(max: usize) -> Self {
        let state = State { idle: Vec::new(), lent: 0, waiting: VecDeque::new(), is_closed: false };
        Self { state: Mutex::new(state), max, returned: Notify::new() }
    }

    /// Waits for a permit for somebody there; none once it is closed.
    pub(super) async fn permit(self: &Arc<Self>, home: C::Home) -> Option<Permit<C>> {
        let waiting = {
            let mut state = lock(&self.state);
            if state.is_closed {
                return None;
            }
            if state.lent < self.max {
                state.lent += 1;
                return Some(Permit { idle: state.pick(home, self.max), lending: Some(Arc::clone(self)) });
            }
            let (answer, waiting) = oneshot::channel();
            state.waiting.push_back(Waiting { home, passed: 0, answer });
            waiting
        };
        waiting.await.ok()
    }

    /// What is idle at a place, or anywhere if no further one may be opened: for somebody who has found theirs unusable.
    pub(super) fn another(&self, home: C::Home) -> Option<Idle<C>> {
        lock(&self.state).pick(home, self.max)
    }

    /// How many are idle, and how many are lent.
    pub(super) fn counts(&self) -> (usize, usize) {
        let state = lock(&self.state);
        (state.idle.len(), state.lent)
    }

    /// Whether less than half of all are lent.
    pub(super) fn has_plenty(&self) -> bool {
        2 * lock(&self.state).lent < self.max
    }

    /// Turns away whoever comes from now on, and waits until those who wait have been served and nothing is lent.
    pub(super) async fn close(&self) {
        lock(&self.state).is_closed = true;
        loop {
            let returned = self.returned.notified();
            if lock(&self.state).lent == 0 {
                return;
            }
            returned.await;
        }
    }

    /// Keeps nothing, and turns away whoever still waits.
    pub(super) fn clear(&self) {
        let mut state = lock(&self.state);
        state.idle.clear();
        state.waiting.clear();
    }

    /// A permit has ended, and what was lent is there again or gone: whoever is next has theirs.
    fn ended(self: Arc<Self>, back: Option<Idle<C>>) {
        let mut state = lock(&self.state);
        let home = back.as_ref().map(|idle| idle.item.home());
        // Many may have left while nothing came back.
        state.waiting.retain(|waiting| !waiting.answer.is_closed());
        if !state.is_closed || !state.waiting.is_empty() {
            state.idle.extend(back);
        }
        while let Some(next) = state.next(home) {
            let permit = Permit { idle: state.pick(next.home, self.max), lending: Some(Arc::clone(&self)) };
            let Err(mut refused) = next.answer.send(permit) else { return };
            // They have left just now. Its end must not ask for the lock that is held here.
            refused.lending = None;
            state.idle.extend(refused.idle.take());
        }
        state.lent -= 1;
        self.returned.notify_waiters();
    }
}

impl<C: Lendable> State<C> {
    /// Who has waited longest at the place of what came back, or longest of all if there is nobody, or if those in front
    /// have been passed over too often.
    fn next(&mut self, home: Option<C::Home>) -> Option<Waiting<C>> {
        let may_pass = self.waiting.front()?.passed < PASSED_MAX;
        let home = home.filter(|_| may_pass);
        let near =
            home.and_then(|home| self.waiting.iter().position(|waiting| waiting.home == home)).unwrap_or_default();
        self.waiting.iter_mut().take(near).for_each(|waiting| waiting.passed += 1);
        self.waiting.remove(near)
    }

    /// For somebody whose permit is counted already.
    fn pick(&mut self, home: C::Home, max: usize) -> Option<Idle<C>> {
        self.idle.retain(|idle| idle.item.is_usable() && idle.since.elapsed() < IDLE_MAX);
        let may_open = self.idle.len() + self.lent <= max;
        // The one used last is the one most likely to be warm.
        match self.idle.iter().rposition(|idle| idle.item.home() == home) {
            Some(at) => Some(self.idle.remove(at)),
            None if may_open => None,
            None => self.idle.pop(),
        }
    }
}

impl<C: Lendable> Permit<C> {
    /// Gives back what was lent.
    pub(super) fn give_back(mut self, item: Arc<C>) {
        self.idle = Some(Idle { item, since: Instant::now() });
    }
}

impl<C: Lendable> Drop for Permit<C> {
    fn drop(&mut self) {
        if let Some(lending) = self.lending.take() {
            lending.ended(self.idle.take());
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    struct Item(u8);

    impl Lendable for Item {
        type Home = u8;

        fn home(&self) -> u8 {
            self.0
        }

        fn is_usable(&self) -> bool {
            true
        }
    }

    /// A permit that is given at once.
    fn at_once(lending: &Arc<Lending<Item>>, home: u8) -> Permit<Item> {
        lending.permit(home).now_or_never().unwrap().unwrap()
    }

    #[tokio::test]
    async fn what_comes_back_goes_to_whoever_waits_longest_at_its_place_but_nobody_waits_for_ever() {
        let lending = Arc::new(Lending::new(1));
        let mut permit = at_once(&lending, 1);
        assert!(permit.idle.is_none());
        let mut far = Box::pin(lending.permit(2));
        assert!((&mut far).now_or_never().is_none());
        for _ in 0..PASSED_MAX {
            let mut near = Box::pin(lending.permit(1));
            assert!((&mut near).now_or_never().is_none());
            permit.give_back(Arc::new(Item(1)));
            assert!((&mut far).now_or_never().is_none());
            permit = near.await.unwrap();
            assert_eq!(permit.idle.take().map(|idle| idle.item.0), Some(1));
        }
        let mut near = Box::pin(lending.permit(1));
        assert!((&mut near).now_or_never().is_none());
        permit.give_back(Arc::new(Item(1)));
        // No further one may be opened, so what is there has to do.
        assert_eq!(far.await.unwrap().idle.take().map(|idle| idle.item.0), Some(1));
        // Its permit has ended, and it is gone.
        assert!(near.await.unwrap().idle.is_none());
        assert_eq!(lending.counts(), (0, 0));
    }

    #[tokio::test]
    async fn whoever_leaves_takes_nothing_along() {
        let lending = Arc::new(Lending::new(2));
        let (one, other) = (at_once(&lending, 1), at_once(&lending, 1));
        let mut leaving = Box::pin(lending.permit(1));
        let mut leaving_late = Box::pin(lending.permit(1));
        let mut staying = Box::pin(lending.permit(1));
        for waiting in [&mut leaving, &mut leaving_late, &mut staying] {
            assert!(waiting.now_or_never().is_none());
        }
        drop(leaving);
        one.give_back(Arc::new(Item(1)));
        // It has been given to this one, who has not looked yet.
        drop(leaving_late);
        let mut permit = staying.await.unwrap();
        assert_eq!((permit.idle.take().map(|idle| idle.item.0), lending.counts()), (Some(1), (0, 2)));
        permit.give_back(Arc::new(Item(1)));
        drop(other);
        assert_eq!(lending.counts(), (1, 0));
    }

    #[tokio::test]
    async fn it_closes_when_everything_is_back() {
        let lending = Arc::new(Lending::new(1));
        let permit = at_once(&lending, 1);
        let waiting = lending.permit(2);
        let mut waiting = Box::pin(waiting);
        assert!((&mut waiting).now_or_never().is_none());
        let mut closing = Box::pin(lending.close());
        assert!((&mut closing).now_or_never().is_none());
        assert!(lending.permit(1).await.is_none());
        permit.give_back(Arc::new(Item(1)));
        let mut permit = waiting.await.unwrap();
        assert_eq!(permit.idle.take().map(|idle| idle.item.0), Some(1));
        let mut late = Box::pin(lending.permit(1));
        assert!((&mut late).now_or_never().unwrap().is_none());
        assert!((&mut closing).now_or_never().is_none());
        permit.give_back(Arc::new(Item(1)));
        closing.await;
        lending.clear();
        assert_eq!(lending.counts(), (0, 0));
    }

    #[tokio::test]
    async fn whoever_waits_when_everything_is_thrown_away_is_turned_away() {
        let lending = Arc::new(Lending::new(1));
        let permit = at_once(&lending, 1);
        let mut waiting = Box::pin(lending.permit(2));
        assert!((&mut waiting).now_or_never().is_none());
        assert!(lending.close().now_or_never().is_none());
        lending.clear();
        assert!(waiting.await.is_none());
        permit.give_back(Arc::new(Item(1)));
        assert_eq!(lending.counts(), (0, 0));
    }
}
