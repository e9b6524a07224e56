//! Between the sources and their one consumer: a queue with a lane for each sender, bounded in bytes, taken from in turns.
//!
//! Sources take turns, and within a source its lanes do, each by bytes (deficit round robin), so that who sends much waits for itself
//! alone. A source has its share of the room and no more. Within it a lane may fill as much as is still free: one flood takes half
//! of it, two take two thirds, and somebody quiet always finds room (the dynamic threshold of Choudhury and Hahne, 1998).

use crate::{Delivery, SourceId};
use nix::sys::eventfd::EventFd;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Bytes that wait of all sources: a quarter of a gigabyte is some ten seconds of 200,000 records a second.
const WAITING_BYTES_MAX: usize = 256 << 20;

/// Bytes that wait of one source, however few sources there are.
const SOURCE_BYTES_MAX: usize = 64 << 20;

/// What one turn is worth, in bytes: more than the dearest delivery, so that a turn always brings one.
const TURN_BYTES: usize = 512 << 10;

/// What a delivery costs beside its records' bytes, and each record.
const DELIVERY_COST: usize = 256;
const RECORD_COST: usize = 8;

/// One sender's lane: its source, and a number that the source gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct LaneKey {
    pub(crate) source: SourceId,
    pub(crate) lane: u64,
}

/// Where sources put deliveries.
#[derive(Clone, Debug)]
pub(crate) struct Queue {
    shared: Arc<Shared>,
}

/// Where the consumer takes them. Dropping it ends every source.
#[derive(Debug)]
pub struct Receiver {
    shared: Arc<Shared>,
}

/// Why nothing was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiveError {
    /// Nothing came in that time.
    Timeout,
    /// The intake has stopped, and everything was taken.
    Closed,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    filled: Condvar,
}

#[derive(Debug, Default)]
struct State {
    sources: Vec<Source>,
    turns: VecDeque<u16>,
    waiting: HashMap<usize, Arc<EventFd>>,
    source_bytes_max: usize,
    closed: bool,
    abandoned: bool,
}

#[derive(Debug, Default)]
struct Source {
    lanes: HashMap<u64, Lane, bounded::Hasher>,
    turns: VecDeque<u64>,
    cost: usize,
    deficit: usize,
}

#[derive(Debug, Default)]
struct Lane {
    deliveries: VecDeque<Delivery>,
    cost: usize,
    deficit: usize,
}

fn cost(delivery: &Delivery) -> usize {
    DELIVERY_COST + delivery.records.bytes() + delivery.records.len() * RECORD_COST
}

/// A queue for so many sources.
pub(crate) fn queue(sources: usize) -> (Queue, Receiver) {
    let state = State {
        sources: (0..sources).map(|_| Source::default()).collect(),
        source_bytes_max: (WAITING_BYTES_MAX / sources.max(1)).min(SOURCE_BYTES_MAX),
        ..State::default()
    };
    let shared = Arc::new(Shared { state: Mutex::new(state), filled: Condvar::new() });
    (Queue { shared: Arc::clone(&shared) }, Receiver { shared })
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A thread that panicked left the queue as it was between two statements that keep it whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    /// Whether a lane may take more now. Where it may, and only one thread fills it, [`Queue::push`] succeeds.
    pub(crate) fn has_room(&self, key: LaneKey) -> bool {
        self.shared.lock().has_room(key)
    }

    /// Puts a delivery at the end of its lane.
    ///
    /// # Errors
    /// The delivery itself, where its lane has no room.
    pub(crate) fn push(&self, key: LaneKey, delivery: Delivery) -> Result<(), Box<Delivery>> {
        let mut state = self.shared.lock();
        if !state.has_room(key) {
            return Err(Box::new(delivery));
        }
        state.push(key, delivery);
        drop(state);
        self.shared.filled.notify_one();
        Ok(())
    }

    /// Puts in what must not be lost and is small: a position without records.
    pub(crate) fn push_always(&self, key: LaneKey, delivery: Delivery) {
        self.shared.lock().push(key, delivery);
        self.shared.filled.notify_one();
    }

    /// Asks to be woken when there is room again.
    pub(crate) fn wake_when_there_is_room(&self, thread: usize, wake: &Arc<EventFd>) {
        self.shared.lock().waiting.insert(thread, Arc::clone(wake));
    }

    /// Whether the consumer has gone.
    pub(crate) fn abandoned(&self) -> bool {
        self.shared.lock().abandoned
    }

    /// Nothing more will come.
    pub(crate) fn close(&self) {
        self.shared.lock().closed = true;
        self.shared.filled.notify_all();
    }
}

impl Receiver {
    /// The next delivery, waiting for it no longer than that.
    ///
    /// # Errors
    /// Where none came in time, or none will come any more.
    pub fn recv(&self, timeout: Duration) -> Result<Delivery, ReceiveError> {
        let state = self.shared.lock();
        let empty = |state: &mut State| state.turns.is_empty() && !state.closed;
        let (mut state, _) = self.shared.filled.wait_timeout_while(state, timeout, empty).unwrap_or_else(PoisonError::into_inner);
        match state.pop() {
            Some(delivery) => Ok(delivery),
            None if state.closed => Err(ReceiveError::Closed),
            None => Err(ReceiveError::Timeout),
        }
    }

    /// The next delivery, if there is one.
    ///
    /// # Errors
    /// Where there is none now, or none will come any more.
    pub fn try_recv(&self) -> Result<Delivery, ReceiveError> {
        self.recv(Duration::ZERO)
    }

    /// Bytes that wait, as they are counted against the limits.
    pub fn waiting_bytes(&self) -> usize {
        self.shared.lock().sources.iter().map(|source| source.cost).sum()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.abandoned = true;
        state.wake();
    }
}

impl State {
    fn has_room(&self, key: LaneKey) -> bool {
        let Some(source) = self.sources.get(usize::from(key.source.0)) else { return false };
        let free = self.source_bytes_max.saturating_sub(source.cost);
        let own = source.lanes.get(&key.lane).map_or(0, |lane| lane.cost);
        free >= TURN_BYTES && own <= free
    }

    fn push(&mut self, key: LaneKey, delivery: Delivery) {
        let Some(source) = self.sources.get_mut(usize::from(key.source.0)) else { return };
        let cost = cost(&delivery);
        if source.turns.is_empty() {
            self.turns.push_back(key.source.0);
        }
        let lane = source.lanes.entry(key.lane).or_default();
        if lane.deliveries.is_empty() {
            source.turns.push_back(key.lane);
        }
        lane.deliveries.push_back(delivery);
        lane.cost += cost;
        source.cost += cost;
    }

    fn pop(&mut self) -> Option<Delivery> {
        loop {
            let turn = *self.turns.front()?;
            let source = self.sources.get_mut(usize::from(turn))?;
            let next = source.next_cost()?;
            if source.deficit < next {
                source.deficit += TURN_BYTES;
                self.turns.rotate_left(1);
                continue;
            }
            source.deficit -= next;
            let delivery = source.pop();
            let roomy = source.cost <= self.source_bytes_max / 2;
            if source.turns.is_empty() {
                source.deficit = 0;
                self.turns.pop_front();
            }
            if roomy {
                self.wake();
            }
            return delivery;
        }
    }

    fn wake(&mut self) {
        for (_, wake) in self.waiting.drain() {
            // A full counter is awake already.
            let _ = wake.write(1);
        }
    }
}

impl Source {
    /// What the delivery costs whose turn it is. Moves on past lanes that must save up first.
    fn next_cost(&mut self) -> Option<usize> {
        loop {
            let lane = self.lanes.get_mut(self.turns.front()?)?;
            let next = cost(lane.deliveries.front()?);
            if lane.deficit >= next {
                return Some(next);
            }
            lane.deficit += TURN_BYTES;
            self.turns.rotate_left(1);
        }
    }

    fn pop(&mut self) -> Option<Delivery> {
        let key = *self.turns.front()?;
        let lane = self.lanes.get_mut(&key)?;
        let delivery = lane.deliveries.pop_front()?;
        let cost = cost(&delivery);
        lane.deficit = lane.deficit.saturating_sub(cost);
        lane.cost -= cost;
        self.cost -= cost;
        if lane.deliveries.is_empty() {
            self.turns.pop_front();
            self.lanes.remove(&key);
        }
        Some(delivery)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Records, Sender};
    use model::Timestamp;

    fn delivery(source: u16, record: &[u8]) -> Delivery {
        Delivery {
            source: SourceId(source),
            sender: Sender::Local,
            records: Records::from_iter([record]),
            position: None,
            arrived: Timestamp::default(),
        }
    }

    fn key(source: u16, lane: u64) -> LaneKey {
        LaneKey { source: SourceId(source), lane }
    }

    fn take(receiver: &Receiver) -> Option<Vec<u8>> {
        receiver.try_recv().ok().map(|delivery| delivery.records.iter().next().unwrap().to_vec())
    }

    #[test]
    fn a_lane_keeps_its_order_and_the_end_is_told() {
        let (queue, receiver) = queue(1);
        for name in [b"a", b"b", b"c"] {
            queue.push(key(0, 1), delivery(0, name)).unwrap();
        }
        queue.close();
        assert_eq!([take(&receiver), take(&receiver)], [Some(b"a".to_vec()), Some(b"b".to_vec())]);
        assert_eq!(take(&receiver), Some(b"c".to_vec()));
        assert_eq!(receiver.try_recv().unwrap_err(), ReceiveError::Closed);
        assert_eq!(receiver.waiting_bytes(), 0);
    }

    #[test]
    fn who_sends_much_waits_for_itself_alone() {
        let (queue, receiver) = queue(2);
        let heavy = vec![b'x'; 128 << 10];
        let mut pushed = 0;
        while queue.push(key(0, 1), delivery(0, &heavy)).is_ok() {
            pushed += 1;
        }
        // Half of the source's room, and the other lanes and sources still have theirs.
        assert!((SOURCE_BYTES_MAX / 2 / heavy.len()).abs_diff(pushed) <= 2, "{pushed}");
        queue.push(key(0, 2), delivery(0, b"quiet lane")).unwrap();
        queue.push(key(1, 1), delivery(1, b"quiet source")).unwrap();
        let first: Vec<Vec<u8>> = (0..12).filter_map(|_| take(&receiver)).collect();
        assert!(first.iter().any(|record| record == b"quiet lane") && first.iter().any(|record| record == b"quiet source"));
    }

    #[test]
    fn lanes_share_by_bytes_and_the_whole_is_bounded() {
        let (queue, receiver) = queue(1);
        for _ in 0..4000 {
            queue.push(key(0, 1), delivery(0, &[b'x'; 4000])).unwrap();
        }
        for _ in 0..4000 {
            queue.push(key(0, 2), delivery(0, &[b'y'; 400])).unwrap();
        }
        let (mut x, mut y) = (0_usize, 0_usize);
        while y < 300_000 {
            let record = take(&receiver).unwrap();
            *if record[0] == b'x' { &mut x } else { &mut y } += record.len();
        }
        assert!(x.abs_diff(y) < 2 * TURN_BYTES, "{x} and {y} bytes");
        let mut lane = 100;
        while queue.push(key(0, lane), delivery(0, &[b'z'; 60_000])).is_ok() {
            lane += 1;
        }
        assert!(receiver.waiting_bytes() <= SOURCE_BYTES_MAX);
    }

    #[test]
    fn a_full_lane_is_woken_when_there_is_room() {
        let (queue, receiver) = queue(1);
        let wake = Arc::new(EventFd::from_flags(nix::sys::eventfd::EfdFlags::EFD_NONBLOCK).unwrap());
        while queue.push(key(0, 1), delivery(0, &[b'x'; 100_000])).is_ok() {}
        queue.wake_when_there_is_room(0, &wake);
        assert!(wake.read().is_err());
        while take(&receiver).is_some() {}
        assert!(wake.read().is_ok() && queue.has_room(key(0, 1)));
        drop(receiver);
        assert!(queue.abandoned());
    }
}
