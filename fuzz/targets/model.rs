//! Any text is a model, or is refused with places within the text.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| rules::testing::check_model_text(text));
