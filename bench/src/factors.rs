//! The factors of time by age, which no peer could compute to the last digit by itself.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use arrow_array::{ArrayRef, Int32Array, Int64Array, RecordBatch};
use rules::day::Day;
use rules::fade::Fade;
use rules::model::{Kind, Model, Reward};

use crate::activities::AS_OF;
use crate::{MODEL, facts};

/// As old as any activity is.
const AGE_MAX: i32 = 730;

/// A row for each age in days: the factor of every rule that fades, in units of 10^-9.
pub(crate) fn write(folder: &Path) -> anyhow::Result<()> {
    let table = table()?;
    let ages: ArrayRef = Arc::new(Int32Array::from_iter_values(0..=AGE_MAX));
    let columns = table.iter().map(|(rule, factors)| (rule, Arc::new(Int64Array::from(factors.clone())) as ArrayRef));
    let columns = columns.map(|(rule, factors)| (rule.as_str(), factors));
    let batch = RecordBatch::try_from_iter(std::iter::once(("age", ages)).chain(columns))?;
    facts::write(&folder.join("factors.parquet"), std::iter::once(batch))?;
    let names: Vec<_> = table.iter().map(|(rule, _)| rule.as_str()).collect();
    let mut text = format!("age,{}\n", names.join(","));
    for (at, age) in (0..=AGE_MAX).enumerate() {
        let _written = write!(text, "{age}");
        for (_, factors) in &table {
            let _written = write!(text, ",{}", factors[at]);
        }
        text.push('\n');
    }
    Ok(std::fs::write(folder.join("factors.csv"), text)?)
}

fn table() -> anyhow::Result<Vec<(String, Vec<i64>)>> {
    let model = Model::parse(MODEL).map_err(|wrong| anyhow!("model.toml: {wrong:?}"))?;
    let as_of = Day::parse(AS_OF).context("the as-of date")?;
    let factors = |fade: Fade| (0..=AGE_MAX).filter_map(move |age| Some(fade.factor(as_of.plus_days(-age)?, as_of)));
    let faded = model.rules.iter().filter_map(|rule| match &rule.kind {
        Kind::Activity(activity) => match activity.reward {
            Reward::Each { fade: Some(fade), .. } => Some((rule.id.to_string(), fade)),
            _ => None,
        },
        _ => None,
    });
    Ok(faded.map(|(rule, fade)| (rule, factors(fade).map(|factor| factor.nanos()).collect())).collect())
}
