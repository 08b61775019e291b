//! What processes use, from `/proc`.

use std::fs;

/// `/proc` counts in hundredths of a second on every Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// Memory of a process in MiB.
#[derive(Debug, Clone, Copy, Default)]
pub struct Memory {
    /// In memory now, mapped files included.
    pub resident: f64,
    /// The part that is no file.
    pub anonymous: f64,
    /// The most there ever was, mapped files included.
    pub peak: f64,
}

/// Memory of a process.
pub fn memory(process: u32) -> Memory {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        kib.unwrap_or_default() / 1024.0
    };
    Memory { resident: field("VmRSS"), anonymous: field("RssAnon"), peak: field("VmHWM") }
}

/// Processor time of one process in seconds.
pub fn seconds(process: u32) -> f64 {
    stat(process).map(|(_, own, _)| own).unwrap_or_default()
}

/// Processor time of a process and of its children, the ended ones included.
pub fn seconds_of_family(parent: u32) -> f64 {
    let ended = stat(parent).map(|(_, own, ended)| own + ended).unwrap_or_default();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let processes = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let children = processes.filter_map(stat).filter(|(of, ..)| *of == parent).map(|(_, own, _)| own);
    ended + children.sum::<f64>()
}

/// Parent, own seconds, seconds of ended children.
fn stat(process: u32) -> Option<(u32, f64, f64)> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name in brackets may hold blanks; what follows is numbers, from the third field on.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |field: usize| fields.get(field - 3)?.parse::<f64>().ok();
    let own = (ticks(14)? + ticks(15)?) / TICKS_PER_SECOND;
    let ended = (ticks(16)? + ticks(17)?) / TICKS_PER_SECOND;
    Some((fields.get(1)?.parse().ok()?, own, ended))
}
