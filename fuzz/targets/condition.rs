//! Any text is a condition that prints to itself, or is refused with places within the text.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| rules::testing::check_condition_text(text));
