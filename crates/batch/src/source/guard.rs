//! A decoder that panics on damaged bytes is stopped at the border of its file.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Runs a decoder; `None` if it panics, which is then nobody's message.
pub(super) fn guarded<T>(decode: impl FnOnce() -> T) -> Option<T> {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !GUARDED.get() {
                usual(panic);
            }
        }));
    });
    GUARDED.set(true);
    // What a decoder leaves behind half done is dropped with its file.
    let done = panic::catch_unwind(AssertUnwindSafe(decode));
    GUARDED.set(false);
    done.ok()
}

#[cfg(test)]
mod tests {
    use super::guarded;

    #[test]
    fn a_panic_is_an_answer() {
        assert_eq!(guarded(|| 1), Some(1));
        let none: [u8; 0] = [];
        assert_eq!(guarded(|| none[std::hint::black_box(0)]), None);
    }
}
