//! The file outside of the database: one checkpoint a line (NDJSON), only ever appended to.
//!
//! Whoever holds the database cannot take back what stands in a file they do not hold. A line is on disk before the
//! next one is begun; one that a crash has cut is completed by the next write.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

use crate::domain::checkpoint::Checkpoint;

/// Longest line.
const LINE_MAX: u64 = 4_096;

/// Number of the last complete line; 0 if there is none.
pub fn last_number(path: &Path) -> io::Result<i64> {
    match File::open(path) {
        Ok(mut file) => Ok(end(&mut file)?.0.map_or(0, |last| last.number)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error),
    }
}

/// Appends those of `stored`, which are in order, that follow the last line. The checkpoint of that line must be among
/// them, as it stands there.
pub fn append(path: &Path, stored: &[Checkpoint]) -> io::Result<()> {
    let mut file = OpenOptions::new().create(true).read(true).append(true).open(path)?;
    // Another instance may write the same file.
    file.lock()?;
    let (last, mut cut) = end(&mut file)?;
    let known = match &last {
        None => 0,
        Some(last) if stored.contains(last) => last.number,
        Some(last) => {
            let reason = format!(
                "its last line, checkpoint {}, is not in the database: is this an older backup, or another database? \
                 Run `kundenhistorie verify --checkpoint` with this file",
                last.number
            );
            return Err(io::Error::other(reason));
        }
    };
    let missing = stored.iter().filter(|checkpoint| checkpoint.number > known);
    for (number, checkpoint) in (known + 1..).zip(missing) {
        let line = serde_json::to_string(checkpoint)? + "\n";
        let rest = line.as_bytes().strip_prefix(cut.as_slice()).filter(|_| checkpoint.number == number);
        let rest = rest.ok_or_else(|| io::Error::other("its end was not written by this database"))?;
        file.write_all(rest)?;
        file.sync_all()?;
        cut.clear();
    }
    Ok(())
}

/// The last complete line, and what follows it.
fn end(file: &mut File) -> io::Result<(Option<Checkpoint>, Vec<u8>)> {
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(2 * LINE_MAX)))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    let mut lines: Vec<&[u8]> = tail.split(|byte| *byte == b'\n').collect();
    let cut = lines.pop().unwrap_or_default().to_vec();
    let last = lines.pop().map(serde_json::from_slice).transpose()?;
    Ok((last, cut))
}

/// The checkpoints of a file, each with the number of its line. A line that is cut short by a crash is left out.
pub fn read(path: &Path) -> io::Result<Vec<(usize, serde_json::Result<Checkpoint>)>> {
    let mut reader = BufReader::new(File::open(path)?);
    let mut found = Vec::new();
    let mut line = String::new();
    for number in 1.. {
        line.clear();
        if reader.by_ref().take(LINE_MAX).read_line(&mut line)? == 0 {
            break;
        }
        let is_cut = !line.ends_with('\n') && serde_json::from_str::<Checkpoint>(&line).is_err();
        let is_last = is_cut && reader.fill_buf()?.is_empty();
        if !line.trim().is_empty() && !is_last {
            found.push((number, serde_json::from_str(&line)));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::instant::Instant;

    fn checkpoints(count: i64) -> Vec<Checkpoint> {
        let of = |number| Checkpoint {
            number,
            tree_size: number * 3,
            root_hash: "0a".repeat(32),
            previous_hash: "00".repeat(32),
            position: number * 5,
            created_at: Instant::from_micros(number),
            key_id: "key".to_owned(),
            signature: "00".repeat(64),
        };
        (1..=count).map(of).collect()
    }

    fn lines(path: &Path) -> Vec<Checkpoint> {
        read(path).unwrap().into_iter().map(|(_, checkpoint)| checkpoint.unwrap()).collect()
    }

    #[test]
    fn only_what_is_missing_is_appended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checkpoints.ndjson");
        assert_eq!(last_number(&path).unwrap(), 0);
        let all = checkpoints(5);
        for stored in [&all[..2], &all[..2], &all[1..4], &all[..]] {
            append(&path, stored).unwrap();
        }
        assert_eq!((lines(&path), last_number(&path).unwrap()), (all, 5));
    }

    #[test]
    fn a_line_cut_anywhere_is_completed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checkpoints.ndjson");
        let all = checkpoints(3);
        append(&path, &all).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for length in 0..whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            append(&path, &all).unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), whole, "cut at {length}");
        }
    }

    #[test]
    fn a_file_the_database_does_not_know_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checkpoints.ndjson");
        append(&path, &checkpoints(4)).unwrap();
        let whole = std::fs::read(&path).unwrap();
        let mut other = checkpoints(5);
        other[3].position += 1;
        for stored in [&checkpoints(3)[..], &[], &other[..]] {
            append(&path, stored).unwrap_err();
        }
        std::fs::write(&path, [&whole[..], b"{\"number\":7"].concat()).unwrap();
        append(&path, &checkpoints(5)).unwrap_err();
    }
}
