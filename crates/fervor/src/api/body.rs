//! The bytes of a request: so many at most, unpacked if they are packed.

use std::io::Read as _;

use flate2::read::MultiGzDecoder;

use super::problem::{Kind, Problem};

/// Bytes of a body on the wire. The largest batch of a tracking SDK has 8 MiB.
pub(crate) const WIRE_MAX: usize = 16 * 1024 * 1024;
/// Bytes of a body once it is unpacked: a small body must not become a large one without end.
pub(crate) const UNPACKED_MAX: usize = 64 * 1024 * 1024;

/// Whether a body is gzip, whatever the headers say: SDKs do not always.
pub(crate) fn is_packed(body: &[u8]) -> bool {
    body.starts_with(&[0x1f, 0x8b])
}

/// The body, unpacked where it is packed.
pub(crate) fn unpacked(body: Vec<u8>) -> Result<Vec<u8>, Problem> {
    if !is_packed(&body) {
        return Ok(body);
    }
    let mut unpacked = Vec::new();
    let most = u64::try_from(UNPACKED_MAX).unwrap_or(u64::MAX);
    MultiGzDecoder::new(body.as_slice())
        .take(most + 1)
        .read_to_end(&mut unpacked)
        .map_err(|error| Problem::malformed(format!("the body looks like gzip and cannot be unpacked: {error}")))?;
    if unpacked.len() > UNPACKED_MAX {
        return Err(too_large(WIRE_MAX));
    }
    Ok(unpacked)
}

/// A body is larger than it may be where it was sent.
pub(crate) fn too_large(most: usize) -> Problem {
    let mib = |bytes: usize| bytes / 1024 / 1024;
    let (wire, unpacked) = (mib(WIRE_MAX), mib(UNPACKED_MAX));
    let detail = match most {
        WIRE_MAX => format!(
            "a body has at most {wire} MiB, and {unpacked} MiB once it is unpacked; send it in several requests"
        ),
        most => format!("a body has at most {} KiB here", most / 1024),
    };
    Problem::new(Kind::TooLarge, detail)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    }

    #[test]
    fn packed_or_not_is_the_same() {
        assert_eq!(unpacked(b"{}".to_vec()).unwrap(), b"{}");
        assert_eq!(unpacked(packed(b"{}")).unwrap(), b"{}");
        let mut torn = packed(b"{\"a\": 1}");
        torn.truncate(12);
        assert_eq!(unpacked(torn).unwrap_err().kind, Kind::Malformed);
    }

    #[test]
    fn a_small_body_does_not_become_a_large_one_without_end() {
        let bomb = packed(&vec![b' '; UNPACKED_MAX + 1]);
        assert!(bomb.len() < 1_000_000);
        assert_eq!(unpacked(bomb).unwrap_err().kind, Kind::TooLarge);
    }
}
