//! Any value of any column, changed as little as possible.

use kundenhistorie::entities::timeline_event::Column;
use proptest::prelude::*;
use proptest::sample::Index;
use sea_orm::{Iterable, ModelTrait, Value};
use uuid::Uuid;

use super::Intruder;
use crate::support::app::TestApp;
use crate::support::both;
use crate::support::property;

both! {
    async fn any_change_of_any_column_is_found_and_placed(app: TestApp) {
        let intruder = Intruder::with_walls_down(app).await;
        intruder.nothing_is_found().await;
        let chains = [intruder.chain(0).await, intruder.chain(1).await];
        // At least one value of each column is there to be changed.
        let columns: Vec<Column> = Column::iter().collect();
        for column in &columns {
            assert!(chains[0].iter().any(|event| event.get(*column) != event.get(*column).as_null()), "{column:?}");
        }
        let edits = (any::<bool>(), any::<Index>(), any::<Index>(), any::<usize>(), proptest::bool::weighted(0.1));
        property::holds(500, edits, async |(second, event, column, seed, empties)| {
            let event = event.get(&chains[usize::from(second)]);
            let column = *column.get(&columns);
            let before = event.get(column);
            let after =
                if empties && is_nullable(column) { emptied(&before) } else { changed(&before, seed) };
            if after == before || intruder.set(event.id, column, after.clone()).await.is_err() {
                // Two rows with the same key: the database refused it.
                return;
            }
            let found = intruder.verify(event.root_id).await.unwrap_or_else(|| panic!("{column:?} {before:?} {after:?}"));
            let also = match (column, &after) {
                (Column::Sequence, Value::BigInt(Some(now))) => *now,
                _ => event.sequence,
            };
            assert!([event.sequence, also].contains(&found.sequence), "{column:?} {before:?} {after:?}: {found:?}");
            let id = match (column, after) {
                (Column::Id, Value::Uuid(Some(id))) => id,
                _ => event.id,
            };
            intruder.set(id, column, before).await.expect("it is put right again");
            assert_eq!(intruder.verify(event.root_id).await, None);
        })
        .await;
        intruder.nothing_is_found().await;
    }
}

/// Another value of the same type that differs as little as possible.
fn changed(value: &Value, seed: usize) -> Value {
    match value.clone() {
        Value::Uuid(None) => Value::Uuid(Some(Uuid::from_u128(seed as u128))),
        Value::Uuid(Some(id)) => {
            let mut bytes = id.into_bytes();
            bytes[seed % 16] ^= 1 << (seed / 16 % 8);
            Value::Uuid(Some(Uuid::from_bytes(bytes)))
        }
        Value::BigInt(None) => Value::BigInt(Some(seed as i64)),
        Value::BigInt(Some(number)) => Value::BigInt(Some(number ^ (1 << (seed % 63)))),
        Value::Bytes(Some(mut bytes)) => {
            let place = seed / 8 % bytes.len();
            bytes[place] ^= 1 << (seed % 8);
            Value::Bytes(Some(bytes))
        }
        Value::String(None) => Value::String(Some(String::new())),
        Value::String(Some(text)) => Value::String(altered(&text, seed)),
        other => panic!("a column of another type: {other:?}"),
    }
}

/// One letter more, less or another; or no text at all where that can be.
fn altered(text: &str, seed: usize) -> Option<String> {
    let mut letters: Vec<char> = text.chars().collect();
    let place = seed / 4 % (letters.len() + 1);
    match seed % 4 {
        0 => letters.insert(place, ' '),
        1 if place < letters.len() => drop(letters.remove(place)),
        2 if place < letters.len() && letters[place].is_ascii_lowercase() => {
            letters[place] = char::from(letters[place] as u8 ^ 1);
        }
        _ => letters.push('\n'),
    }
    Some(letters.into_iter().collect())
}

fn is_nullable(column: Column) -> bool {
    use Column::*;
    matches!(
        column,
        ActorId | SourceReference | RequestId | Direction | Channel | Summary | Amount | Currency | Supersedes | State
    )
}

fn emptied(value: &Value) -> Value {
    value.as_null()
}
