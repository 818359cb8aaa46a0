//! What developers run: `cargo xtask test | check | fuzz | soak | bench`.

mod api;
mod browser;
mod fuzz;
mod python;
mod run;
mod sdk;
mod test;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask test              all tests; says by name what it had to skip and why
cargo xtask check             formatting, clippy and rustdoc, all warnings being errors
cargo xtask fuzz [SECONDS]    the coverage-guided fuzzers, so long each (default 60)
cargo xtask soak [--seed N] [SECONDS]
                              the kernel against the reference evaluator, on random cases from a seed
                              on (default: an hour from seed 0)
cargo xtask bench batch | growth | check | spark [OPTIONS]
                              batch scoring measured against other engines, and a cluster of Spark
                              beside one machine; bench/README.md
cargo xtask bench live [check] [OPTIONS]
                              scores that are fresh with each answer, beside triggers of PostgreSQL;
                              bench/live/README.md
cargo xtask bench pages [OPTIONS]
                              how long pages take with many contacts; bench/pages/README.md
";

/// A benchmark of the service.
fn served(script: &str, rest: &[&str]) -> anyhow::Result<()> {
    python::for_live()?;
    run::run("cargo build --release --package fervor --package bench", &[])?;
    run::run_with(&format!("target/bench/venv/bin/python bench/{script} --fervor target/release/fervor"), rest)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["test"] => test::test(),
        ["check"] => test::check(),
        ["fuzz"] => fuzz::fuzz(60),
        ["fuzz", seconds] => seconds.parse().map_err(anyhow::Error::from).and_then(fuzz::fuzz),
        ["soak"] => fuzz::soak("0", "3600"),
        ["soak", "--seed", seed] => fuzz::soak(seed, "3600"),
        ["soak", seconds] => fuzz::soak("0", seconds),
        ["soak", "--seed", seed, seconds] => fuzz::soak(seed, seconds),
        ["bench", "spark", ref rest @ ..] => python::for_spark()
            .and_then(|()| run::run_with("cargo run --release --quiet --package bench -- spark", rest)),
        ["bench", "live", "check", ref rest @ ..] => served("live/drive.py check", rest),
        ["bench", "live", ref rest @ ..] => served("live/drive.py run", rest),
        ["bench", "pages", ref rest @ ..] => served("pages/ask.py", rest),
        ["bench", ref rest @ ..] => run::run_with("cargo run --release --quiet --package bench --", rest),
        _ => {
            run::say(USAGE);
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            run::say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
