//! Slowed, never locked: what the throttle promises.

use proptest::prelude::*;

use super::*;

const NOW: i64 = 1_795_000_000;
const SETTINGS: ThrottleSettings = ThrottleSettings { free_attempts: 5, max_wait_seconds: 300 };

fn throttle() -> Throttle {
    Throttle::new(SETTINGS)
}

fn address(number: u32) -> IpAddr {
    IpAddr::V4((0x0a00_0000 + number).into())
}

fn fail(throttle: &Throttle, now: i64, account: &str, address: IpAddr) -> Result<(), RetryAfter> {
    throttle.check(now, account, address).map(Attempt::failed)
}

fn succeed(throttle: &Throttle, now: i64, account: &str, address: IpAddr) -> Result<(), RetryAfter> {
    throttle.check(now, account, address).map(Attempt::succeeded)
}

#[test]
fn after_the_free_attempts_the_wait_doubles_up_to_the_longest() {
    let throttle = throttle();
    let mut now = NOW;
    for _ in 0..5 {
        assert_eq!(fail(&throttle, now, "anna", address(1)), Ok(()));
    }
    for wait in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300] {
        assert_eq!(fail(&throttle, now, "anna", address(1)), Err(RetryAfter(wait)));
        assert_eq!(fail(&throttle, now + wait - 1, "anna", address(1)), Err(RetryAfter(1)), "not a second earlier");
        now += wait;
        assert_eq!(fail(&throttle, now, "anna", address(1)), Ok(()), "after {wait} s");
    }
}

#[test]
fn refused_attempts_do_not_prolong_the_wait() {
    let throttle = throttle();
    (0..5).for_each(|_| fail(&throttle, NOW, "anna", address(1)).unwrap());
    for _ in 0..1000 {
        assert_eq!(fail(&throttle, NOW, "anna", address(1)), Err(RetryAfter(1)));
    }
    assert_eq!(fail(&throttle, NOW + 1, "anna", address(1)), Ok(()));
}

#[test]
fn a_quiet_while_forgets() {
    let throttle = throttle();
    (0..5).for_each(|_| fail(&throttle, NOW, "anna", address(1)).unwrap());
    fail(&throttle, NOW + 1, "anna", address(1)).unwrap();
    assert_eq!(fail(&throttle, NOW + 1, "anna", address(1)), Err(RetryAfter(2)));
    let later = NOW + 1 + FORGOTTEN_AFTER_SECONDS;
    (0..5).for_each(|_| fail(&throttle, later, "anna", address(1)).unwrap());
    assert_eq!(fail(&throttle, later, "anna", address(1)), Err(RetryAfter(1)));
}

#[test]
fn success_clears_the_account_but_not_the_address() {
    let throttle = throttle();
    for round in 0..4 {
        (0..4).for_each(|_| fail(&throttle, NOW, "anna", address(1)).unwrap());
        assert_eq!(succeed(&throttle, NOW, "anna", address(1)), Ok(()), "round {round}");
    }
    // 16 failures stay with the address; 4 more and it has to wait, whoever it tries.
    (0..4).for_each(|_| fail(&throttle, NOW, "bert", address(1)).unwrap());
    assert_eq!(fail(&throttle, NOW, "carl", address(1)), Err(RetryAfter(1)));
}

#[test]
fn spellings_of_one_account_count_together() {
    let throttle = throttle();
    for spelling in
        ["anna@example.org", "Anna@Example.org", " anna@example.org", "ANNA@EXAMPLE.ORG\t", "anna@example.org"]
    {
        assert_eq!(fail(&throttle, NOW, spelling, address(1)), Ok(()));
    }
    assert!(fail(&throttle, NOW, "anna@example.org", address(1)).is_err());
}

#[test]
fn a_hundred_attempts_at_once_are_not_a_hundred_first_ones() {
    let throttle = throttle();
    let open: Vec<_> = (0..100).map(|_| throttle.check(NOW, "anna", address(1))).collect();
    assert_eq!(open.iter().filter(|attempt| attempt.is_ok()).count(), 5);
}

#[test]
fn an_attempt_without_an_answer_costs_nothing() {
    let throttle = throttle();
    for _ in 0..100 {
        assert!(throttle.check(NOW, "anna", address(1)).is_ok());
    }
}

#[test]
fn an_owner_at_a_known_place_does_not_notice_an_attack() {
    let throttle = throttle();
    succeed(&throttle, NOW, "anna", address(1)).unwrap();
    let mut guesses = 0;
    for second in 0..600 {
        let now = NOW + 1 + second;
        for attacker in 100..200 {
            guesses += u32::from(fail(&throttle, now, "anna", address(attacker)).is_ok());
        }
        assert!(throttle.check(now, "anna", address(1)).is_ok(), "second {second}");
    }
    assert!(guesses < 200, "{guesses} guesses in ten minutes from a hundred addresses");
}

#[test]
fn an_owner_at_a_new_place_waits_a_few_seconds_at_most() {
    let throttle = throttle();
    for second in 0..600 {
        for attacker in 100..200 {
            // Refused ones are part of the attack.
            fail(&throttle, NOW + second, "anna", address(attacker)).unwrap_or(());
        }
    }
    let now = NOW + 600;
    if let Err(RetryAfter(wait)) = throttle.check(now, "anna", address(1)).map(drop) {
        assert!(wait <= GENTLE_WAIT_SECONDS);
        assert!(throttle.check(now + wait, "anna", address(1)).is_ok());
    }
    assert!(throttle.check(now, "bert", address(1)).is_ok(), "other accounts are not touched");
}

#[test]
fn the_owner_signing_in_ends_what_others_did_to_the_account() {
    let throttle = throttle();
    succeed(&throttle, NOW, "anna", address(1)).unwrap();
    (100..150).for_each(|attacker| fail(&throttle, NOW, "anna", address(attacker)).unwrap());
    assert_eq!(fail(&throttle, NOW, "anna", address(2)), Err(RetryAfter(1)));
    succeed(&throttle, NOW, "anna", address(1)).unwrap();
    assert_eq!(fail(&throttle, NOW, "anna", address(2)), Ok(()));
}

#[test]
fn spraying_from_one_address_is_slowed_and_colleagues_behind_it_are_not() {
    let throttle = throttle();
    succeed(&throttle, NOW, "bert", address(1)).unwrap();
    let tries = |second: i64| fail(&throttle, NOW + second, &format!("user{second}"), address(1));
    let guesses = (0..600).filter(|second| tries(*second).is_ok()).count();
    assert!((20..50).contains(&guesses), "{guesses} accounts tried in ten minutes");
    assert!(throttle.check(NOW + 600, "bert", address(1)).is_ok());
    assert!(throttle.check(NOW + 600, "carl", address(2)).is_ok());
}

#[test]
fn an_ipv6_network_is_one_caller() {
    let throttle = throttle();
    let tries = |host: u32| fail(&throttle, NOW, "anna", format!("2001:db8::{host:x}").parse().unwrap());
    assert_eq!((1..=100).filter(|host| tries(*host).is_ok()).count(), 5);
    assert!(throttle.check(NOW, "anna", "2001:db8:0:1::1".parse().unwrap()).is_ok());
}

#[test]
fn a_clock_set_back_does_not_lengthen_a_wait() {
    let throttle = throttle();
    (0..5).for_each(|_| fail(&throttle, NOW, "anna", address(1)).unwrap());
    let back = NOW - 86_400;
    assert_eq!(fail(&throttle, back, "anna", address(1)), Err(RetryAfter(1)));
    assert_eq!(fail(&throttle, back + 1, "anna", address(1)), Ok(()));
}

#[test]
fn the_memory_is_bounded() {
    let throttle = Throttle::with_capacity(SETTINGS, 100);
    for number in 0..1000 {
        fail(&throttle, NOW, &format!("user{number}"), address(number)).unwrap();
        succeed(&throttle, NOW, &format!("user{number}"), address(number)).unwrap();
    }
    for counters in [&throttle.pairs, &throttle.addresses, &throttle.accounts] {
        counters.entries.run_pending_tasks();
        assert!(counters.entries.entry_count() <= 100);
    }
    throttle.known_places.run_pending_tasks();
    assert!(throttle.known_places.entry_count() <= 100);
}

#[test]
fn refused_attempts_take_no_memory() {
    let throttle = throttle();
    (0..20).for_each(|number| fail(&throttle, NOW, &format!("user{number}"), address(1)).unwrap());
    for number in 20..1000 {
        assert!(fail(&throttle, NOW, &format!("user{number}"), address(1)).is_err());
    }
    for (counters, expected) in [(&throttle.pairs, 20), (&throttle.addresses, 1), (&throttle.accounts, 20)] {
        counters.entries.run_pending_tasks();
        assert_eq!(counters.entries.entry_count(), expected);
    }
}

#[test]
fn parallel_threads_get_no_more_than_the_free_attempts() {
    let throttle = throttle();
    let start = std::sync::Barrier::new(8);
    let passed: usize = std::thread::scope(|scope| {
        let tries = || {
            start.wait();
            let open: Vec<_> = (0..50).map(|_| throttle.check(NOW, "anna", address(1))).collect();
            let passed = open.iter().filter(|attempt| attempt.is_ok()).count();
            open.into_iter().flatten().for_each(Attempt::failed);
            passed
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(tries)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(passed, 5);
}

#[derive(Debug, Clone, Copy)]
enum Outcome {
    Failed,
    Succeeded,
    Dropped,
}

proptest! {
    /// Whatever happened, with whatever clock: no wait is longer than the longest, and after it the door is open.
    #[test]
    fn nobody_is_locked_out_for_good(
        steps in prop::collection::vec(
            (-600..4000_i64, 0..4_u32, 0..4_u32, prop_oneof![
                6 => Just(Outcome::Failed), 1 => Just(Outcome::Succeeded), 1 => Just(Outcome::Dropped),
            ]),
            0..300,
        ),
        free_attempts in 0..7_u32,
        max_wait_seconds in 0..400_i64,
    ) {
        let throttle = Throttle::new(ThrottleSettings { free_attempts, max_wait_seconds });
        let longest = max_wait_seconds.max(1);
        let mut now = NOW;
        for (passed, account, from, outcome) in steps {
            // Mostly the same second, sometimes far ahead or back.
            now += if passed % 3 == 0 { passed } else { 0 };
            match throttle.check(now, &account.to_string(), address(from)) {
                Ok(attempt) => match outcome {
                    Outcome::Failed => attempt.failed(),
                    Outcome::Succeeded => attempt.succeeded(),
                    Outcome::Dropped => drop(attempt),
                },
                Err(RetryAfter(wait)) => {
                    prop_assert!((1..=longest).contains(&wait), "{wait}");
                }
            }
        }
        for account in 0..4 {
            for from in 0..4 {
                let check = |now| throttle.check(now, &account.to_string(), address(from)).map(drop);
                if let Err(RetryAfter(wait)) = check(now) {
                    prop_assert!(wait <= longest);
                    prop_assert_eq!(check(now + wait), Ok(()), "{} from {}", account, from);
                }
            }
        }
    }
}

#[test]
fn success_does_not_prolong_what_others_wait_for() {
    let throttle = throttle();
    (0..20).for_each(|number| fail(&throttle, NOW, &format!("user{number}"), address(1)).unwrap());
    succeed(&throttle, NOW + 1, "bert", address(1)).unwrap();
    fail(&throttle, NOW + 1, "carl", address(1)).unwrap();
    // The address waits two seconds now. Bert, at a known place, signs in meanwhile.
    succeed(&throttle, NOW + 2, "bert", address(1)).unwrap();
    drop(throttle.check(NOW + 2, "bert", address(1)).unwrap());
    assert_eq!(fail(&throttle, NOW + 3, "dora", address(1)), Ok(()));
}
