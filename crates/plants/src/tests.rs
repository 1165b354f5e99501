use std::fmt::Write as _;

use crate::Plant;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/planted-bugs.md");

/// Set to write the page instead of comparing it.
const WRITE: &str = "AEGIS_WRITE_DOCS";

fn page() -> String {
    let mut page = String::from(
        "# Planted bugs\n\n\
         What the simulator must find. Each stands in the code at the place where the mistake would be \
         made, and is at work only in a build with the feature `planted-bugs` and only when chosen: see \
         `CONTRIBUTING.md`. `cargo xtask plants` looks for all of them.\n\n\
         This page is written from `crates/plants/src/plant.rs`.\n\n\
         | name | what a hurried engineer would have written | what it costs | the rule that is there to catch it |\n\
         |---|---|---|---|\n",
    );
    for plant in Plant::ALL {
        let (mistake, cost, rule) = (plant.mistake(), plant.cost(), plant.rule());
        writeln!(page, "| `{plant}` | {mistake} | {cost} | {rule} |").unwrap();
    }
    page
}

#[test]
fn the_page_is_the_table() {
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(PAGE, page()).unwrap();
    }
    let written = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(
        written == page(),
        "docs/planted-bugs.md is not the table: {WRITE}=1 cargo test -p aegis-plants"
    );
}

#[test]
fn each_has_a_name_of_its_own() {
    for plant in Plant::ALL {
        assert_eq!(Plant::from_name(plant.name()), Some(*plant));
    }
}

#[cfg(not(feature = "planted-bugs"))]
#[test]
fn nothing_can_be_sown_in_an_ordinary_build() {
    const { assert!(!crate::CAN_BE_SOWN) };
    const { assert!(!Plant::ExclusionIgnored.is_sown()) };
}

#[cfg(feature = "planted-bugs")]
#[test]
fn what_is_sown_is_sown_on_one_thread_and_for_a_while() {
    let plant = Plant::ExclusionIgnored;
    {
        let _sown = crate::sow(Some(plant));
        assert!(plant.is_sown());
        assert!(!Plant::BudgetNotCounted.is_sown());
        let elsewhere = std::thread::scope(|scope| scope.spawn(|| plant.is_sown()).join());
        assert_eq!(elsewhere.ok(), Some(false));
    }
    assert!(!plant.is_sown());
}
