//! The header of an event, and the hash that follows from it.

use serde::Deserialize;

use crate::{Hash, Refusal, hash_of, refused, sha256};

/// All that the hash of an event is made of, besides the hash before and whose timeline it is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Event {
    pub(crate) sequence: i64,
    position: i64,
    pub(crate) id: String,
    pub(crate) kind: String,
    category: String,
    pub(crate) occurred_at: String,
    recorded_at: String,
    actor_type: String,
    actor_id: Option<String>,
    source_system: String,
    request_id: Option<String>,
    direction: Option<String>,
    channel: Option<String>,
    subject_type: String,
    subject_id: String,
    supersedes: Option<String>,
    pub(crate) content_digest: String,
}

impl Event {
    pub(crate) fn hash(&self, root_type: &str, root_id: &str, previous: &Hash) -> Result<Hash, Refusal> {
        let mut header = Vec::new();
        text(&mut header, root_type);
        bytes(&mut header, &uuid(root_id)?);
        number(&mut header, self.sequence);
        number(&mut header, self.position);
        bytes(&mut header, &uuid(&self.id)?);
        text(&mut header, &self.kind);
        text(&mut header, &self.category);
        number(&mut header, micros(&self.occurred_at)?);
        number(&mut header, micros(&self.recorded_at)?);
        text(&mut header, &self.actor_type);
        maybe(&mut header, self.actor_id.as_deref().map(uuid).transpose()?.as_deref());
        text(&mut header, &self.source_system);
        maybe(&mut header, self.request_id.as_deref().map(str::as_bytes));
        maybe(&mut header, self.direction.as_deref().map(str::as_bytes));
        maybe(&mut header, self.channel.as_deref().map(str::as_bytes));
        text(&mut header, &self.subject_type);
        bytes(&mut header, &uuid(&self.subject_id)?);
        maybe(&mut header, self.supersedes.as_deref().map(uuid).transpose()?.as_deref());
        bytes(&mut header, &hash_of(&self.content_digest, "content_digest")?);
        Ok(sha256(&[b"kundenhistorie/event/v1", previous, &header]))
    }
}

fn bytes(header: &mut Vec<u8>, bytes: &[u8]) {
    header.extend((bytes.len() as u64).to_be_bytes());
    header.extend(bytes);
}

fn text(header: &mut Vec<u8>, text: &str) {
    bytes(header, text.as_bytes());
}

fn number(header: &mut Vec<u8>, number: i64) {
    header.extend(number.to_be_bytes());
}

fn maybe(header: &mut Vec<u8>, value: Option<&[u8]>) {
    header.push(u8::from(value.is_some()));
    if let Some(value) = value {
        bytes(header, value);
    }
}

fn uuid(written: &str) -> Result<Vec<u8>, Refusal> {
    let bytes = hex::decode(written.replace('-', "")).ok().filter(|bytes| bytes.len() == 16);
    bytes.ok_or_else(|| Refusal(format!("{written:?} is no UUID")))
}

/// Microseconds since 1970 of `2026-11-22T08:00:00.000000Z`.
fn micros(written: &str) -> Result<i64, Refusal> {
    let Some([year, month, day, hour, minute, second, micro]) = parts(written) else {
        return refused(format!("{written:?} is no time with six decimals in UTC"));
    };
    // Days by the civil calendar: years begin in March, so that a leap day is the last one of its year.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1 - 719_468;
    Ok((((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000 + micro)
}

fn parts(written: &str) -> Option<[i64; 7]> {
    if written.len() != 27 || !written.is_ascii() {
        return None;
    }
    let marks = [(4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":"), (19, "."), (26, "Z")];
    let is_marked = marks.iter().all(|(at, mark)| written.get(*at..at + 1) == Some(mark));
    let number = |from: usize, to: usize| written.get(from..to)?.parse().ok();
    let parts = [
        number(0, 4)?,
        number(5, 7)?,
        number(8, 10)?,
        number(11, 13)?,
        number(14, 16)?,
        number(17, 19)?,
        number(20, 26)?,
    ];
    is_marked.then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_counted_as_everywhere() {
        for (written, expected) in [
            ("1970-01-01T00:00:00.000000Z", 0),
            ("1970-01-01T00:00:00.000001Z", 1),
            ("2000-02-29T12:34:56.789012Z", 951_827_696_789_012),
            ("2000-03-01T00:00:00.000000Z", 951_868_800_000_000),
            ("1969-12-31T23:59:59.999999Z", -1),
            ("2026-11-22T08:00:00.000000Z", 1_795_334_400_000_000),
        ] {
            assert_eq!(micros(written), Ok(expected), "{written}");
        }
        for written in ["", "2026-11-22T08:00:00Z", "2026-11-22 08:00:00.000000Z", "2026-1x-22T08:00:00.000000Z"] {
            assert!(micros(written).is_err(), "{written}");
        }
    }
}
