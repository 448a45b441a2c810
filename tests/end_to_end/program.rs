//! Runs the built `graphnode`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The prepared model, as `make model` leaves it.
pub(crate) fn model() -> PathBuf {
    let folder = std::env::var_os("GRAPHNODE_MODEL")
        .map_or_else(|| root().join("models/all-MiniLM-L6-v2"), PathBuf::from);
    assert!(folder.join("model.safetensors").exists(), "{} is missing: run `make model`", folder.display());
    folder
}

/// The binary: `GRAPHNODE_BINARY`, else the one beside this test's own.
pub(crate) fn binary() -> PathBuf {
    let beside = || {
        let test = std::env::current_exe().unwrap();
        test.parent().and_then(Path::parent).unwrap().join("graphnode")
    };
    let binary = std::env::var_os("GRAPHNODE_BINARY").map_or_else(beside, PathBuf::from);
    assert!(binary.exists(), "{} is missing: run `cargo build --package graphnode`", binary.display());
    binary
}

/// Runs `graphnode` with `arguments`.
pub(crate) fn graphnode<S: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = S>) -> Output {
    Command::new(binary())
        .env("GRAPHNODE_MODEL", model())
        .current_dir(root())
        .args(arguments)
        .output()
        .unwrap()
}

/// What the program printed, which must be UTF-8.
pub(crate) fn printed(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Runs `graphnode` and expects it to succeed; gives what it printed.
pub(crate) fn succeed<S: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = S>) -> String {
    let output = graphnode(arguments);
    assert!(output.status.success(), "{}", printed(&output.stderr));
    printed(&output.stdout)
}
