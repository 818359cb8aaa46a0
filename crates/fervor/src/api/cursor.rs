//! Where a page ended, as a text that means nothing to those who carry it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rules::day::Instant;
use rules::decimal::Decimal;
use store::change::Cursor;
use store::list::Place;

use super::call::unprocessable;
use super::problem::Problem;

fn wrap(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

fn unwrap(text: &str) -> Result<String, Problem> {
    let read = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    read.filter(|text| !text.contains('\0')).ok_or_else(broken)
}

fn broken() -> Problem {
    unprocessable("`cursor` is not one that was given; begin again without one")
}

pub(crate) fn of_place(place: &Place) -> String {
    wrap(&format!("{} {} {}", place.points.units(), place.key, place.id))
}

pub(crate) fn place(text: &str) -> Result<Place, Problem> {
    let text = unwrap(text)?;
    let mut parts = text.splitn(3, ' ');
    let mut number = || parts.next().and_then(|part| part.parse().ok()).ok_or_else(broken);
    let (points, key) = (Decimal::from_units(number()?), number()?);
    Ok(Place { points, key, id: parts.next().ok_or_else(broken)?.into() })
}

pub(crate) fn of_number(number: i64) -> String {
    wrap(&number.to_string())
}

pub(crate) fn number(text: &str) -> Result<i64, Problem> {
    unwrap(text)?.parse().map_err(|_| broken())
}

pub(crate) fn of_text(text: &str) -> String {
    wrap(text)
}

pub(crate) fn text(text: &str) -> Result<String, Problem> {
    unwrap(text)
}

pub(crate) fn of_moment(at: Instant, seq: i64) -> String {
    wrap(&format!("{} {seq}", at.0))
}

pub(crate) fn moment(text: &str) -> Result<(Instant, i64), Problem> {
    let text = unwrap(text)?;
    let (at, seq) = text.split_once(' ').ok_or_else(broken)?;
    let at = at.parse().ok().and_then(Instant::new).ok_or_else(broken)?;
    Ok((at, seq.parse().map_err(|_| broken())?))
}

pub(crate) fn of_change(cursor: Cursor) -> String {
    wrap(&format!("{} {}", cursor.transaction, cursor.seq))
}

pub(crate) fn change(text: &str) -> Result<Cursor, Problem> {
    let text = unwrap(text)?;
    let (transaction, seq) = text.split_once(' ').ok_or_else(broken)?;
    let number = |text: &str| text.parse().map_err(|_| broken());
    Ok(Cursor { transaction: number(transaction)?, seq: number(seq)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrapped_is_unwrapped() {
        let one = Place { points: Decimal::from_units(-15), key: 7, id: "a b c".into() };
        assert_eq!(place(&of_place(&one)).unwrap(), one);
        assert_eq!(number(&of_number(-3)).unwrap(), -3);
        let at = Instant::new(5).unwrap();
        assert_eq!(moment(&of_moment(at, 9)).unwrap(), (at, 9));
        let cursor = Cursor { transaction: 3, seq: 4 };
        assert_eq!(change(&of_change(cursor)).unwrap(), cursor);
    }

    #[test]
    fn what_was_never_given_is_refused() {
        for text in ["", "?", "AAAA", "NSA2", &wrap("1 2"), &wrap("x y z")] {
            assert!(place(text).is_err(), "{text}");
        }
        assert!(change(&wrap("1")).is_err());
        assert!(moment(&wrap("9999999999999999999 1")).is_err());
    }
}
