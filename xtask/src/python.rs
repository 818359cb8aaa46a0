//! Environments of Python below `target`, and the tests of the wheel.

use crate::run::{run, works};

/// Whether packages of PyPI are there, pinned as they should be; what is missing is installed. Where
/// nothing may be skipped, on a build server or with `FERVOR_STRICT`, they must be.
pub(crate) fn environment(name: &str, packages: &str) -> anyhow::Result<bool> {
    let bin = format!("target/{name}/bin");
    let install = || {
        if !works(&format!("{bin}/python --version")) {
            run(&format!("python3 -m venv target/{name}"), &[])?;
        }
        // Nothing is asked of PyPI if all of them are there.
        run(&format!("{bin}/pip install --quiet --disable-pip-version-check {packages}"), &[])
    };
    match install() {
        Err(error) if strict() => Err(error),
        done => Ok(done.is_ok()),
    }
}

/// What the wheel works with in its tests.
const REQUIREMENTS: &str = "-r crates/python/tests/requirements.txt";

/// Makes sure of what a cluster of Spark needs.
pub(crate) fn for_spark() -> anyhow::Result<()> {
    anyhow::ensure!(environment("python", REQUIREMENTS)?, "the libraries that the wheel works with cannot be had");
    anyhow::ensure!(java()?, "Spark needs Java 17 or later");
    Ok(())
}

/// Makes sure of what drives the benchmark of the service.
pub(crate) fn for_live() -> anyhow::Result<()> {
    let there = environment("bench/venv", "-r bench/peers/requirements.txt")?;
    anyhow::ensure!(there, "the libraries of bench/peers/requirements.txt cannot be had");
    Ok(())
}

/// What the tests of the wheel had to leave out.
pub(crate) enum Left {
    Nothing,
    /// The cluster of Spark.
    Spark,
    All,
}

/// Builds the wheel, installs it beside the libraries that it works with, and runs its tests, which
/// compare it with the binary.
pub(crate) fn test() -> anyhow::Result<Left> {
    if !environment("python", REQUIREMENTS)? {
        return Ok(Left::All);
    }
    let java = java()?;
    if java {
        // Random models and facts, for the cluster.
        run("cargo run --quiet --package batch --example cases -- 0 10 target/python/cases", &[])?;
    }
    run(
        "target/python/bin/maturin build --quiet --profile dev --manifest-path crates/python/Cargo.toml \
         --interpreter target/python/bin/python --out target/python/wheels",
        &[],
    )?;
    run(
        "target/python/bin/pip install --quiet --disable-pip-version-check --force-reinstall --no-deps --no-index \
         --find-links target/python/wheels fervor",
        &[],
    )?;
    let environment = [("FERVOR_BINARY", "target/debug/fervor"), ("PYTHONDONTWRITEBYTECODE", "1")];
    let without = if java { "" } else { " --ignore crates/python/tests/test_spark.py" };
    let tests = format!("target/python/bin/python -m pytest --quiet -p no:cacheprovider crates/python/tests{without}");
    run(&tests, &environment)?;
    Ok(if java { Left::Nothing } else { Left::Spark })
}

/// Whether there is a Java for Spark; Debian's is installed where that is allowed. Where nothing may be skipped, there
/// must be one.
fn java() -> anyhow::Result<bool> {
    const INSTALL: &str = "apt-get install --quiet --yes --no-install-recommends openjdk-17-jre-headless";
    if !has_java() && works("apt-get --version") {
        // Only root may; whether it was is seen below.
        let _seen = run(INSTALL, &[]);
    }
    match has_java() {
        false if strict() => anyhow::bail!("Spark needs Java 17 or later: {INSTALL}"),
        there => Ok(there),
    }
}

/// Whether Java is there, and is 17 or later.
fn has_java() -> bool {
    let asked = std::process::Command::new("java").arg("--version").output();
    // `openjdk 17.0.15 2025-04-15`
    let told = asked.map(|asked| String::from_utf8_lossy(&asked.stdout).into_owned()).unwrap_or_default();
    let version = told.split_whitespace().nth(1).and_then(|version| version.split('.').next()?.parse::<u32>().ok());
    version.is_some_and(|version| version >= 17)
}

/// Whether nothing may be skipped.
pub(crate) fn strict() -> bool {
    ["CI", "FERVOR_STRICT"].iter().any(|name| std::env::var_os(name).is_some())
}
