//! The state of the process, from the files Linux keeps about it; elsewhere there is nothing to tell.

use std::fmt::Write as _;
use std::fs;

/// Clock ticks per second in `/proc`: fixed at 100 for programs, whatever the kernel itself uses.
const TICKS_PER_SECOND: f64 = 100.0;

/// Names and meanings are those of the official Prometheus client libraries.
pub(super) fn render() -> String {
    let mut text = String::new();
    let mut write = |name: &str, kind: &str, help: &str, value: Option<f64>| {
        if let Some(value) = value {
            // Writing to a String cannot fail.
            let _written = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n");
        }
    };
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kernel = fs::read_to_string("/proc/stat").unwrap_or_default();
    // The folder itself is open while it is read.
    let open_files = fs::read_dir("/proc/self/fd").ok().map(|files| files.count().saturating_sub(1) as f64);
    write("process_cpu_seconds_total", "counter", "Processor time used, in seconds.", cpu_seconds(&stat));
    write("process_resident_memory_bytes", "gauge", "Memory in RAM, in bytes.", status_bytes(&status, "VmRSS:"));
    write("process_virtual_memory_bytes", "gauge", "Address space, in bytes.", status_bytes(&status, "VmSize:"));
    write("process_open_fds", "gauge", "Open file descriptors.", open_files);
    write(
        "process_start_time_seconds",
        "gauge",
        "Start of the process, in seconds since 1970.",
        start_seconds(&stat, &kernel),
    );
    text
}

/// Field `number` of `/proc/self/stat` as proc(5) counts them. The second one, the program's name, stands in brackets
/// and may hold spaces and brackets of its own.
fn stat_field(stat: &str, number: usize) -> Option<f64> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(number.checked_sub(3)?)?.parse().ok()
}

/// User and system time of all threads.
fn cpu_seconds(stat: &str) -> Option<f64> {
    Some((stat_field(stat, 14)? + stat_field(stat, 15)?) / TICKS_PER_SECOND)
}

/// The start is told in ticks since the machine's own start.
fn start_seconds(stat: &str, kernel: &str) -> Option<f64> {
    let booted: f64 = kernel.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
    Some(booted + stat_field(stat, 22)? / TICKS_PER_SECOND)
}

fn status_bytes(status: &str, name: &str) -> Option<f64> {
    let kib = status.lines().find_map(|line| line.strip_prefix(name))?.trim().strip_suffix(" kB")?;
    Some(kib.parse::<f64>().ok()? * 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_the_kernel_are_read_as_documented() {
        let stat = "4711 (kh) (x) S 1 4711 4711 0 -1 4194560 900 0 0 0 150 25 0 0 20 0 6 0 36000 1000 200 18446744073709551615";
        assert_eq!(cpu_seconds(stat), Some(1.75));
        assert_eq!(start_seconds(stat, "cpu 1 2\nbtime 1700000000\n"), Some(1_700_000_360.0));
        assert_eq!(status_bytes("Name:\tkh\nVmRSS:\t    2048 kB\n", "VmRSS:"), Some(2_097_152.0));
        assert_eq!(cpu_seconds(""), None);
        assert_eq!(status_bytes("", "VmRSS:"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_is_described() {
        let text = render();
        assert_eq!(text.matches("# TYPE ").count(), 5, "{text}");
    }
}
