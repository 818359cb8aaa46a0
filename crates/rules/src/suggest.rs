//! The nearest known name, for "did you mean".

/// The known name that is closest to what was written, if any is close enough to be a slip.
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// Nobody mistypes a name of this length, and comparing takes time with its square.
    const CHARS_MAX: usize = 64;
    let written = written.to_lowercase();
    let short = |name: &str| name.len() <= CHARS_MAX;
    known
        .into_iter()
        .filter(|name| short(name) && short(&written))
        .map(|name| (strsim::damerau_levenshtein(&written, &name.to_lowercase()), name))
        .filter(|&(distance, name)| distance <= 1 + name.chars().count().min(written.chars().count()) / 4)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn slips_are_recognised_and_other_words_are_not() {
        let known = ["half_life", "window", "points", "cap"];
        let cases = [
            ("half_live", Some("half_life")),
            ("Window", Some("window")),
            ("piont", Some("points")),
            ("cpa", Some("cap")),
            ("colour", None),
            ("", None),
        ];
        for (written, expected) in cases {
            assert_eq!(nearest(written, known), expected, "{written}");
        }
    }
}
