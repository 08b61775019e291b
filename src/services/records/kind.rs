//! What a kind of record is made of, as far as it differs from every other one.

use std::collections::BTreeSet;
use std::future::ready;

use sea_orm::Condition;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::event_kind::Category;
use crate::domain::instant::Instant;
use crate::domain::language::Sentence;
use crate::domain::money::Money;
use crate::domain::permission::Permission;
use crate::entities::record::{ColumnOf, Record};
use crate::error::{Code, Error, Result};
use crate::history::change::{Change, Recorded};
use crate::history::context::Context;
use crate::schemas::Checked;
use crate::schemas::record::{Fields, Words};
use crate::services::links::Links;
use crate::services::sentences::sentence;

/// A kind of record: it belongs to a customer, or to a catalogue ([`Fields::CATALOGUE`]).
pub trait Kind: Send + Sync + 'static {
    /// Its row.
    type Row: Record + Recorded;
    /// What callers write.
    type Fields: Fields;

    /// Group of its events.
    const CATEGORY: Category;
    /// What it takes to read it.
    const READ: Permission;
    /// What it takes to write it.
    const WRITE: Permission;
    /// The columns of [`Fields::SORTS`].
    const SORTS: &'static [(&'static str, ColumnOf<Self::Row>)];
    /// How its first event is called, the second part of its kind, and the same in German.
    const CREATED: (&'static str, &'static str) = ("created", "angelegt");
    /// All its moves, for whoever asks for one that is not possible.
    const MOVES: &'static [MoveFacts] = &[];

    /// What it is called in sentences.
    fn label(state: &State<Self>) -> String;

    /// The title of an event, where what happened (the second part of its kind, and in words) does not make one together
    /// with the name of the kind: "Task completed: …".
    fn title(_state: &State<Self>, (_happened, told): (&str, &Sentence), label: &str) -> Sentence {
        Self::words().sentence(told, label)
    }

    /// The state of a record whose fields were written, `before` being the one it had. Values get their one form here;
    /// what does not fit, or refers to what is not there, is refused.
    fn settle(
        this: &This<'_>,
        before: Option<&State<Self>>,
        fields: Self::Fields,
    ) -> impl Future<Output = Result<State<Self>>> + Send;

    /// How far its life has come, as its moves name it.
    fn stage(_state: &State<Self>) -> &'static str {
        ""
    }

    /// The money its events are about.
    fn amount(_state: &State<Self>) -> Option<Money> {
        None
    }

    /// The money an event is about: `happened` is the second part of its kind, `told` are its facts.
    fn amount_told(state: &State<Self>, _happened: &str, _told: &Map<String, Value>) -> Option<Money> {
        Self::amount(state)
    }

    /// When what has just led to this state happened, where that is not the moment of recording it. `happened` is the
    /// second part of the event's kind.
    fn occurred_at(_state: &State<Self>, _happened: &str) -> Option<Instant> {
        None
    }

    /// Fills the columns lists are filtered and sorted by.
    fn index(row: &mut Self::Row, state: &State<Self>);

    /// The rows beside its own that lists are filtered by.
    fn links() -> Option<Links> {
        None
    }

    /// What a record has such rows for.
    fn linked(_state: &State<Self>) -> BTreeSet<Uuid> {
        BTreeSet::new()
    }

    /// What a list asks of them.
    fn linked_with(_cx: &Context, _filter: &<Self::Fields as Fields>::Filter) -> Vec<Uuid> {
        Vec::new()
    }

    /// What follows for other records once this one is written: `before` is absent when it is made or restored, `after`
    /// when it is archived.
    fn follow(
        _this: &This<'_>,
        _before: Option<&State<Self>>,
        _after: Option<&State<Self>>,
    ) -> impl Future<Output = Result<()>> + Send {
        ready(Ok(()))
    }

    /// Refuses to bring back an archived record that does not fit any more.
    fn returns(_this: &This<'_>, _state: &State<Self>) -> impl Future<Output = Result<()>> + Send {
        ready(Ok(()))
    }

    /// The condition of its own filters.
    fn condition(cx: &Context, filter: &<Self::Fields as Fields>::Filter) -> Condition;

    /// How it is called.
    fn words() -> &'static Words {
        &Self::Fields::WORDS
    }
}

/// The record that is being written.
#[derive(Clone, Copy)]
pub struct This<'a> {
    /// Within which change; its customer is locked.
    pub change: &'a Change,
    /// Its id.
    pub id: Uuid,
    /// Whose it is; absent in a catalogue.
    pub customer_id: Option<Uuid>,
}

/// Everything a record says, apart from what every record has.
pub struct State<K: Kind + ?Sized> {
    /// What callers wrote.
    pub fields: K::Fields,
    /// What the service adds.
    pub facts: <K::Fields as Fields>::Facts,
}

impl<K: Kind> State<K> {
    /// The state of a row.
    pub fn of(row: &K::Row) -> Result<Self> {
        let common = row.common();
        let fields = serde_json::from_str(&common.fields).map_err(Error::internal)?;
        Ok(Self { fields, facts: serde_json::from_str(&common.facts).map_err(Error::internal)? })
    }

    /// Puts it into a row.
    pub(super) fn store(&self, row: &mut K::Row) -> Result<()> {
        let mut common = row.common();
        common.fields = serde_json::to_string(&self.fields).map_err(Error::internal)?;
        common.facts = serde_json::to_string(&self.facts).map_err(Error::internal)?;
        row.set_common(common);
        K::index(row, self);
        Ok(())
    }
}

/// A step in the life of a record that is more than a change of its fields.
pub trait Move: Send + Sync + 'static {
    /// Of which kind.
    type Kind: Kind;
    /// The facts callers send with it.
    type Input: ToSchema + Serialize + DeserializeOwned + Checked + Send + 'static;

    /// How it is called, and when it is possible.
    const FACTS: MoveFacts;

    /// The state afterwards. It is possible in the state at hand.
    fn make(
        this: &This<'_>,
        state: &mut State<Self::Kind>,
        input: Self::Input,
    ) -> impl Future<Output = Result<()>> + Send;

    /// What its event tells: what happened, and facts besides those callers send.
    fn tell(_before: &State<Self::Kind>, _after: &State<Self::Kind>) -> (Sentence, Map<String, Value>) {
        (Self::FACTS.sentence(), Map::new())
    }
}

/// How a move is called, and when it is possible.
#[derive(Debug, Clone, Copy)]
pub struct MoveFacts {
    /// The verb: `complete`.
    pub verb: &'static str,
    /// The end of its address: `completion`.
    pub segment: &'static str,
    /// What it does, for the document.
    pub summary: &'static str,
    /// What it has done; the second part of the event's kind: `completed`.
    pub happened: &'static str,
    /// The same in German: "erledigt".
    pub happened_german: &'static str,
    /// The states it is possible in.
    pub from: &'static [&'static str],
}

impl MoveFacts {
    /// What happened, in both languages.
    pub fn sentence(&self) -> Sentence {
        sentence(self.happened.replace('_', " "), self.happened_german)
    }

    /// Refuses a move that is not possible, and says which ones are.
    pub(super) fn must_be_possible<K: Kind>(&self, stage: &str) -> Result<()> {
        if self.from.contains(&stage) {
            return Ok(());
        }
        Err(wrong_state::<K>(stage))
    }
}

/// 409: this is not possible in the state at hand; which moves are is told.
pub fn wrong_state<K: Kind>(stage: &str) -> Error {
    impossible::<K>(stage, None)
}

/// As [`wrong_state`], where this move would be possible in that state, but is not at the moment it is asked for.
pub fn not_now<K: Kind>(stage: &str, not: &MoveFacts) -> Error {
    impossible::<K>(stage, Some(not.segment))
}

fn impossible<K: Kind>(stage: &str, not: Option<&str>) -> Error {
    let possible = K::MOVES.iter().filter(|other| other.from.contains(&stage));
    let possible: Vec<&str> = possible.map(|other| other.segment).filter(|segment| Some(*segment) != not).collect();
    let told = if possible.is_empty() { "-".to_owned() } else { possible.join(", ") };
    Error::new(Code::WrongState)
        .with("kind", K::words().one)
        .with("state", stage)
        .with("possible", told)
        .with_member("state", stage)
        .with_member("possible", possible)
}
