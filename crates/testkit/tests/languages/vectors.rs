//! The committed test vectors, read by plain MessagePack libraries of other languages.

use std::path::Path;

use aegis_testkit::Program;

use crate::programs::{javascript, python};

fn told(command: &mut std::process::Command) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/vectors");
    Program::start(command.arg(folder)).last_lines()
}

#[test]
#[ignore = "needs Python and Node: run by cargo xtask test"]
fn python_and_javascript_read_the_vectors_as_they_are_described() {
    let read = told(&mut python("read_vectors.py"));
    assert!(
        read.last()
            .is_some_and(|line| line.ends_with("vectors read as told")),
        "{read:?}"
    );
    assert_eq!(told(&mut javascript("read_vectors.mjs")), read);
}
