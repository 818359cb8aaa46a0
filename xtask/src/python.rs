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
    let strict = ["CI", "FERVOR_STRICT"].iter().any(|name| std::env::var_os(name).is_some());
    match install() {
        Err(error) if strict => Err(error),
        done => Ok(done.is_ok()),
    }
}

/// Builds the wheel, installs it beside the libraries that it works with, and runs its tests, which
/// compare it with the binary; `false` if the libraries could not be installed.
pub(crate) fn test() -> anyhow::Result<bool> {
    if !environment("python", "-r crates/python/tests/requirements.txt")? {
        return Ok(false);
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
    run("target/python/bin/python -m pytest --quiet -p no:cacheprovider crates/python/tests", &environment)?;
    Ok(true)
}
