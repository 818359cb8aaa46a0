//! Sizes of memory: as people write them, and what there is.

/// What is assumed of a machine that does not say how much it has.
const UNKNOWN: u64 = 8 << 30;

/// Reads `500M` or `8G`; a letter stands for the power of 1024.
///
/// # Errors
///
/// What was expected, if it is no such size.
pub fn read_size(text: &str) -> Result<u64, String> {
    let expected = || "expected a size such as 500M or 8G".to_owned();
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let shift = match text[digits.len()..].to_ascii_uppercase().trim_end_matches("IB").trim_end_matches('B') {
        "" => 0,
        "K" => 10,
        "M" => 20,
        "G" => 30,
        "T" => 40,
        _ => return Err(expected()),
    };
    let number: u64 = digits.trim().parse().map_err(|_| expected())?;
    number.checked_mul(1 << shift).ok_or_else(|| "no machine has so much memory".to_owned())
}

/// How much memory this process may hope for: that of the machine, or of the container that it is in.
pub fn of_machine() -> u64 {
    let machine = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| total(&text));
    let container = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    let container = container.and_then(|text| text.trim().parse().ok());
    machine.into_iter().chain(container).min().unwrap_or(UNKNOWN)
}

fn total(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    kilobytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, expected) in [("500M", 500 << 20), ("8G", 8 << 30), ("8 gib", 8 << 30), ("1kb", 1 << 10), ("7", 7)] {
            assert_eq!(read_size(text), Ok(expected), "{text}");
        }
        for text in ["", "G", "-1G", "1.5G", "1X", "99999999999T"] {
            assert!(read_size(text).is_err(), "{text}");
        }
        assert_eq!(total("MemTotal:       24684068 kB\nMemFree: 1 kB\n"), Some(24_684_068 << 10));
    }
}
