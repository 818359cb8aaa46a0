//! How often one may guess: so many wrong passwords a quarter of an hour, for each user from each address, and for
//! each of them in all.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rules::day::Instant;
use sha2::{Digest as _, Sha256};

/// How long tries count, in microseconds: a quarter of an hour.
const COUNTED_FOR: i64 = 15 * 60 * 1_000_000;
/// Tries for one user from one address.
const PAIR_MAX: u32 = 10;
/// Tries from one address, and for one user from all of them: somebody far away cannot lock anybody out soon.
const ONE_MAX: u32 = 100;
/// Counts that are kept at a time; beyond that half of them go.
const COUNTS_MAX: usize = 30_000;

/// For whom and from where it was tried; the hash of an address for e-mail, which may be anything.
type Name = (Option<[u8; 32]>, Option<IpAddr>);

/// Wrong passwords of the last while.
#[derive(Debug, Default)]
pub(crate) struct Tries {
    counts: Mutex<HashMap<Name, Count>>,
}

#[derive(Clone, Copy, Debug)]
struct Count {
    since: Instant,
    tries: u32,
}

impl Tries {
    fn counts(&self) -> MutexGuard<'_, HashMap<Name, Count>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a try before it is made, so that many at once are counted too; the answer is how many seconds to wait
    /// if there were too many.
    pub(crate) fn begin(&self, email: &str, address: IpAddr, now: Instant) -> Result<(), u64> {
        let mut counts = self.counts();
        let names = names(email, address);
        let left = |count: &Count| count.since.0 + COUNTED_FOR - now.0;
        let is_over = |count: &Count| !(1..=COUNTED_FOR).contains(&left(count));
        for (name, most) in names {
            let count = counts.get(&name).filter(|count| !is_over(count) && count.tries >= most);
            if let Some(count) = count {
                return Err(left(count).unsigned_abs().div_ceil(1_000_000));
            }
        }
        for (name, _) in names {
            if counts.len() >= COUNTS_MAX && !counts.contains_key(&name) {
                make_room(&mut counts, is_over);
            }
            let count = counts.entry(name).or_insert(Count { since: now, tries: 0 });
            if is_over(count) {
                *count = Count { since: now, tries: 0 };
            }
            count.tries += 1;
        }
        Ok(())
    }

    /// The password was right: it was no guess.
    pub(crate) fn right(&self, email: &str, address: IpAddr) {
        let mut counts = self.counts();
        let [(pair, _), others @ ..] = names(email, address);
        counts.remove(&pair);
        for (name, _) in others {
            if let Some(count) = counts.get_mut(&name) {
                count.tries = count.tries.saturating_sub(1);
            }
        }
    }
}

/// Those go who tried least, and of them the earliest: many new names do not hide one who guesses.
fn make_room(counts: &mut HashMap<Name, Count>, is_over: impl Fn(&Count) -> bool) {
    counts.retain(|_, count| !is_over(count));
    if counts.len() >= COUNTS_MAX {
        let weight = |count: &Count| (count.tries, count.since);
        let mut weights: Vec<(u32, Instant)> = counts.values().map(weight).collect();
        let (_, middle, _) = weights.select_nth_unstable(COUNTS_MAX / 2);
        counts.retain(|_, count| weight(count) > *middle);
    }
}

fn names(email: &str, address: IpAddr) -> [(Name, u32); 3] {
    let email: [u8; 32] = Sha256::digest(email.as_bytes()).into();
    let address = network(address);
    [((Some(email), Some(address)), PAIR_MAX), ((None, Some(address)), ONE_MAX), ((Some(email), None), ONE_MAX)]
}

/// Whoever has one address of IPv6 has all of its network.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() >> 64 << 64).into()),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(micros: i64) -> Instant {
        Instant::new(micros).unwrap()
    }

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    #[test]
    fn ten_tries_a_quarter_of_an_hour() {
        let tries = Tries::default();
        for _ in 0..10 {
            assert_eq!(tries.begin("a", HERE, at(0)), Ok(()));
        }
        assert_eq!(tries.begin("a", HERE, at(1)), Err(900));
        assert_eq!(tries.begin("a", HERE, at(COUNTED_FOR - 1)), Err(1));
        // Others, and the same elsewhere, do not suffer.
        assert_eq!(tries.begin("b", HERE, at(1)), Ok(()));
        assert_eq!(tries.begin("a", "192.0.2.2".parse().unwrap(), at(1)), Ok(()));
        assert_eq!(tries.begin("a", HERE, at(COUNTED_FOR)), Ok(()));
        // A clock that goes back locks nobody out for longer.
        assert_eq!(tries.begin("a", HERE, at(5)), Ok(()));
    }

    #[test]
    fn who_knows_the_password_begins_anew() {
        let tries = Tries::default();
        for _ in 0..500 {
            assert_eq!(tries.begin("a", HERE, at(0)), Ok(()));
            tries.right("a", HERE);
        }
    }

    #[test]
    fn many_users_from_one_address_and_many_addresses_for_one_user_are_bounded() {
        let tries = Tries::default();
        let tried = (0..200).filter(|user| tries.begin(&user.to_string(), HERE, at(0)).is_ok());
        assert_eq!(tried.count(), 100);
        let tries = Tries::default();
        let from = |last: u8| IpAddr::from([198, 51, 100, last]);
        assert_eq!((0..200).filter(|last| tries.begin("a", from(*last), at(0)).is_ok()).count(), 100);
        // All of a network of IPv6 is one address.
        let tries = Tries::default();
        let from = |last: u16| IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, last]);
        assert_eq!((0..200).filter(|last| tries.begin("a", from(*last), at(0)).is_ok()).count(), 10);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let tries = Tries::default();
        for user in 0..COUNTS_MAX + 500 {
            let address = IpAddr::from(u32::try_from(user).unwrap().to_be_bytes());
            assert_eq!(tries.begin("a", address, at(0)).is_ok(), user < 100);
            assert_eq!(tries.begin(&user.to_string(), address, at(1)), Ok(()));
        }
        assert!(tries.counts().len() <= COUNTS_MAX);
    }
}
