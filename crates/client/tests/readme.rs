//! The README shows the examples as they compile.

const README: &str = include_str!("../../../README.md");

#[test]
fn the_readme_shows_the_examples() {
    for example in [
        include_str!("../examples/first_service.rs"),
        include_str!("../examples/first_call.rs"),
    ] {
        let start = example.find("use aegis_client").expect("an import");
        let code = example[start..].trim_end();
        assert!(README.contains(code), "README.md does not show:\n{code}");
    }
}
