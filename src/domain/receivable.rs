//! What is still owed of an invoice, and what may be booked on it.

/// The sums of an invoice, in ten-thousandths of its currency. The gross amount of a credit note that stands alone is
/// below zero: we owe it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// What the document comes to.
    pub gross: i64,
    /// Taken back by credit notes.
    pub credited: i64,
    /// Paid by the customer.
    pub paid: i64,
    /// Given back to the customer.
    pub refunded: i64,
}

/// By how much the sums of an account change: above zero something is booked, below zero a booking is undone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Booking {
    /// Taken back by a credit note.
    pub credited: i64,
    /// Paid.
    pub paid: i64,
    /// Given back.
    pub refunded: i64,
}

/// How an account stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing is paid.
    Unpaid,
    /// Something is paid, something is owed.
    PartlyPaid,
    /// Nothing is owed any more.
    Settled,
    /// It was taken back as a whole, and nothing of what was paid is kept.
    TakenBack,
}

/// Why something cannot be booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// At most this much can be.
    TooMuch(i64),
    /// What is to be undone is needed by another booking: a payment that was refunded.
    Needed,
}

impl Booking {
    /// The bookings that lead from what was booked before to what is booked now.
    #[must_use]
    pub fn from(before: Self, after: Self) -> Self {
        Self {
            credited: after.credited - before.credited,
            paid: after.paid - before.paid,
            refunded: after.refunded - before.refunded,
        }
    }

    /// Whether it changes nothing.
    pub fn is_nothing(self) -> bool {
        self == Self::default()
    }

    /// Whether something is undone.
    pub fn undoes(self) -> bool {
        self.credited < 0 || self.paid < 0 || self.refunded < 0
    }

    /// What is booked or undone, whichever of the sums it changes.
    pub fn amount(self) -> i64 {
        self.credited + self.paid + self.refunded
    }
}

impl Account {
    /// What the customer still owes; below zero what we owe.
    pub fn open(self) -> i64 {
        self.gross - self.credited - self.paid + self.refunded
    }

    /// What can be given back: what was paid and is kept, or what we owe.
    pub fn refundable(self) -> i64 {
        (self.paid - self.refunded).max(-self.open()).max(0)
    }

    /// How it stands.
    pub fn standing(self) -> Standing {
        let kept = self.paid - self.refunded;
        if self.gross < 0 {
            return match (self.open(), self.refunded) {
                (0.., _) => Standing::Settled,
                (_, 0) => Standing::Unpaid,
                _ => Standing::PartlyPaid,
            };
        }
        match (self.open(), kept) {
            (0, 0) if self.gross > 0 => Standing::TakenBack,
            (..=0, _) => Standing::Settled,
            (_, 0) => Standing::Unpaid,
            _ => Standing::PartlyPaid,
        }
    }

    /// The account with one more booking. Nobody pays more than is open, gets back more than was paid or is owed, or has
    /// more taken back than was charged.
    ///
    /// # Errors
    /// [`Refusal::TooMuch`] for a booking, [`Refusal::Needed`] for what cannot be undone.
    pub fn book(self, booking: Booking) -> Result<Self, Refusal> {
        let limit = |booked: i64, most: i64| match booked > most.max(0) {
            true if booked > 0 => Err(Refusal::TooMuch(most.max(0))),
            _ => Ok(()),
        };
        limit(booking.paid, self.open())?;
        limit(booking.refunded, self.refundable())?;
        limit(booking.credited, self.gross - self.credited)?;
        let after = Self {
            credited: self.credited + booking.credited,
            paid: self.paid + booking.paid,
            refunded: self.refunded + booking.refunded,
            ..self
        };
        let is_whole = after.credited >= 0 && after.paid >= 0 && after.refunded >= 0;
        let is_covered = after.gross < 0 || after.paid >= after.refunded;
        if is_whole && is_covered { Ok(after) } else { Err(Refusal::Needed) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NEW: Account = Account { gross: 100, credited: 0, paid: 0, refunded: 0 };

    fn paid(paid: i64) -> Booking {
        Booking { paid, ..Booking::default() }
    }

    fn refunded(refunded: i64) -> Booking {
        Booking { refunded, ..Booking::default() }
    }

    fn credited(credited: i64) -> Booking {
        Booking { credited, ..Booking::default() }
    }

    #[test]
    fn an_invoice_is_paid_step_by_step() {
        let first = NEW.book(paid(30)).unwrap();
        assert_eq!((first.open(), first.standing()), (70, Standing::PartlyPaid));
        assert_eq!(first.book(paid(71)), Err(Refusal::TooMuch(70)));
        let all = first.book(paid(70)).unwrap();
        assert_eq!((all.open(), all.standing()), (0, Standing::Settled));
        assert_eq!(all.book(paid(1)), Err(Refusal::TooMuch(0)));
        let back = all.book(paid(-70)).unwrap();
        assert_eq!(back, first, "a reversal opens it again");
    }

    #[test]
    fn what_is_taken_back_after_payment_is_owed_to_the_customer() {
        let all = NEW.book(paid(100)).unwrap().book(credited(40)).unwrap();
        assert_eq!((all.open(), all.standing()), (-40, Standing::Settled));
        assert_eq!(all.book(credited(61)), Err(Refusal::TooMuch(60)));
        let back = all.book(refunded(40)).unwrap();
        assert_eq!((back.open(), back.standing()), (0, Standing::Settled));
        assert_eq!(back.book(refunded(61)), Err(Refusal::TooMuch(60)));
        assert_eq!(back.book(paid(-100)), Err(Refusal::Needed), "it was given back in part");
    }

    #[test]
    fn what_is_taken_back_as_a_whole_is_no_more() {
        assert_eq!(NEW.book(credited(100)).unwrap().standing(), Standing::TakenBack);
        let refunded = NEW.book(paid(100)).unwrap().book(credited(100)).unwrap().book(refunded(100)).unwrap();
        assert_eq!(refunded.standing(), Standing::TakenBack);
        let part = NEW.book(credited(99)).unwrap();
        assert_eq!((part.open(), part.standing()), (1, Standing::Unpaid));
        let nothing = Account { gross: 0, ..NEW };
        assert_eq!(nothing.standing(), Standing::Settled, "a document over nothing");
    }

    #[test]
    fn a_credit_note_that_stands_alone_is_paid_out() {
        let note = Account { gross: -100, ..NEW };
        assert_eq!((note.open(), note.standing()), (-100, Standing::Unpaid));
        assert_eq!(note.book(paid(1)), Err(Refusal::TooMuch(0)));
        let part = note.book(refunded(30)).unwrap();
        assert_eq!((part.open(), part.standing()), (-70, Standing::PartlyPaid));
        assert_eq!(part.book(refunded(71)), Err(Refusal::TooMuch(70)));
        assert_eq!(part.book(refunded(70)).unwrap().standing(), Standing::Settled);
    }

    proptest! {
        #[test]
        fn what_is_open_is_always_what_the_bookings_leave(
            gross in -1000_i64..1000,
            bookings in prop::collection::vec((0..3_usize, -500_i64..500), 0..40),
        ) {
            let mut account = Account { gross, ..NEW };
            for (which, amount) in bookings {
                let booking = [paid(amount), refunded(amount), credited(amount)][which];
                let Ok(after) = account.book(booking) else { continue };
                prop_assert_eq!(after.open(), gross - after.credited - after.paid + after.refunded);
                prop_assert!(after.credited >= 0 && after.paid >= 0 && after.refunded >= 0);
                prop_assert!(gross < 0 || after.credited <= gross);
                prop_assert!(amount <= 0 || which != 0 || after.open() >= 0, "nobody pays more than is open");
                let owes = !matches!(after.standing(), Standing::Settled | Standing::TakenBack);
                prop_assert_eq!(owes, if gross < 0 { after.open() < 0 } else { after.open() > 0 });
                if !booking.undoes() {
                    let undone = Booking::from(booking, Booking::default());
                    prop_assert_eq!(after.book(undone), Ok(account));
                }
                account = after;
            }
        }
    }
}
