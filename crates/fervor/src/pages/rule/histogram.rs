//! How many have how much, as bars: places and heights in whole numbers, for a drawing of a fixed size.

use batch::wording::thousands;
use rules::decimal::{Decimal, SCALE};
use rules::model::Band;

use super::super::show::level;

/// The room for bars.
const WIDTH: i64 = 800;
const HEIGHT: u64 = 180;
/// So many bars there are at most.
const BARS: i64 = 40;
/// A bar so many times as high as the next is cut off.
const CUT: u64 = 4;

/// A histogram.
#[derive(Debug)]
pub(in crate::pages) struct Histogram {
    pub(in crate::pages) bars: Vec<Bar>,
    /// Where each band begins: its name, its value and its place.
    pub(in crate::pages) edges: Vec<(String, String, i64)>,
    /// Values along the bottom, with their places in per cent.
    pub(in crate::pages) ticks: Vec<(String, String)>,
    /// What the left and the right end stand for.
    pub(in crate::pages) least: String,
    pub(in crate::pages) most: String,
}

/// A bar.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::pages) struct Bar {
    pub(in crate::pages) from: String,
    pub(in crate::pages) to: String,
    pub(in crate::pages) many: String,
    pub(in crate::pages) x: i64,
    pub(in crate::pages) width: i64,
    pub(in crate::pages) y: u64,
    pub(in crate::pages) height: u64,
    /// The colour of the band in which it begins.
    pub(in crate::pages) level: usize,
    /// Whether it is higher than it is drawn.
    pub(in crate::pages) is_cut: bool,
}

/// The least of 1, 2, 5, 10, 20 and so on, in tenths from 0.1, of which few enough make up a span.
fn step(span: i64, most: i64) -> i64 {
    let mut unit = SCALE / 10;
    loop {
        for times in [1, 2, 5] {
            if span / (unit * times) < most {
                return unit * times;
            }
        }
        unit = unit.saturating_mul(10);
    }
}

/// The bars of values with their counts, ascending; nothing of nobody.
pub(in crate::pages) fn histogram(spread: &[(Decimal, u64)], bands: &[Band]) -> Option<Histogram> {
    let values = || spread.iter().map(|(value, _)| value.units());
    let thresholds = || bands.iter().map(|band| band.from.units());
    let (least, most) = (values().chain(thresholds()).min()?, values().chain(thresholds()).max()?);
    values().next()?;
    // Far beyond what a chart can show.
    if most.checked_sub(least)? > i64::MAX / 1_000_000 {
        return None;
    }
    let step = step(most - least, BARS);
    let first = least.div_euclid(step);
    let bars = most.div_euclid(step) - first + 1;
    let mut counts = vec![0_u64; usize::try_from(bars).ok()?];
    for (value, count) in spread {
        let place = usize::try_from(value.units().div_euclid(step) - first).ok()?;
        counts[place] += count;
    }
    let mut heights = counts.clone();
    heights.sort_unstable();
    let highest = *heights.last()?;
    let next = heights.iter().rev().nth(1).copied().unwrap_or(0);
    let top = if next > 0 && highest > CUT * next { next + next / 4 + 1 } else { highest };
    let left = first * step;
    let place = |units: i64| (units - left) * WIDTH / (bars * step);
    let text = |units: i64| Decimal::from_units(units).to_string();
    let bar = |(at, &many): (usize, &u64)| {
        let from = left + i64::try_from(at).unwrap_or_default() * step;
        let drawn = many.min(top) * HEIGHT / top.max(1);
        // Somebody is there: that shows.
        let height = if many > 0 { drawn.max(2) } else { 0 };
        let reached = rules::band::reached(bands, Decimal::from_units(from));
        Bar {
            from: text(from),
            to: text(from + step),
            many: thousands(usize::try_from(many).unwrap_or(usize::MAX)),
            x: place(from) + 1,
            width: (place(from + step) - place(from) - 2).max(1),
            y: HEIGHT - height,
            height,
            level: reached.map_or(0, |at| level(at, bands.len())),
            is_cut: many > top,
        }
    };
    let every = (bars / 8).max(1);
    let tick = |at: i64| (text(left + at * step), percent(place(left + at * step)));
    Some(Histogram {
        bars: counts.iter().enumerate().map(bar).collect(),
        edges: bands.iter().map(|band| (band.name.clone(), band.from.to_string(), place(band.from.units()))).collect(),
        ticks: (0..=bars).filter(|at| at % every == 0).map(tick).collect(),
        least: text(left),
        most: text(left + bars * step),
    })
}

/// A place along the room as per cent of it.
fn percent(place: i64) -> String {
    let thousandths = place * 100_000 / WIDTH;
    format!("{}.{:03}", thousandths / 1000, thousandths % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn bars_are_few_and_stand_in_their_places() {
        assert_eq!(step(0, 40), 1_000);
        assert_eq!([39, 40, 100, 1000].map(|span| step(span * SCALE, 40)), [1, 2, 5, 50].map(|step| step * SCALE));
        let bands = [("Low", "0"), ("High", "50")].map(|(name, from)| Band { name: name.into(), from: decimal(from) });
        let spread = [(decimal("0"), 1000), (decimal("3"), 10), (decimal("50"), 20), (decimal("99"), 1)];
        let drawn = histogram(&spread, &bands).unwrap();
        // Steps of 5 from 0 to 100: twenty bars of 40.
        assert_eq!((drawn.bars.len(), drawn.least.as_str(), drawn.most.as_str()), (20, "0", "100"));
        let first = &drawn.bars[0];
        // 1010 are cut off at a quarter more than 20, and one.
        assert_eq!((first.many.as_str(), first.is_cut, first.height, first.level), ("1,010", true, 180, 1));
        let tenth = &drawn.bars[10];
        assert_eq!((tenth.x, tenth.width, tenth.height, tenth.y, tenth.level), (401, 38, 20 * 180 / 26, 180 - 138, 6));
        assert_eq!(drawn.bars[19].height, 180 / 26);
        // Every second of twenty.
        assert_eq!((drawn.ticks[1].0.as_str(), drawn.ticks[1].1.as_str()), ("10", "10.000"));
        assert_eq!(percent(437), "54.625");
        assert_eq!(drawn.edges, [("Low".into(), "0".into(), 0), ("High".into(), "50".into(), 400)]);
        assert!(histogram(&[], &bands).is_none());
    }
}
