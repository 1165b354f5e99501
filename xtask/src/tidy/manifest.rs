//! Who may use whom, read from the manifests: the walls between the crates.

use super::finding::Finding;
use super::tree::{SourceFile, Tree};

/// One crate's place in the house.
struct Wall {
    name: &'static str,
    /// Crates of ours that it may use outside its tests.
    may_use: &'static [&'static str],
    /// Libraries that it must never use outside its tests.
    never: &'static [&'static str],
}

/// A machine without clock, socket or thread, that does not serialise either.
const PURE: &[&str] = &[
    "async-nats",
    "mio",
    "rmp-serde",
    "rustix",
    "serde",
    "serde_json",
    "socket2",
    "tokio",
];
/// A machine that knows records.
const PURE_WITH_RECORDS: &[&str] = &["async-nats", "mio", "rustix", "socket2", "tokio"];
/// Only `bus` and the control of the benchmark name the NATS client library.
const SHELL: &[&str] = &["async-nats"];

const WALLS: &[Wall] = &[
    Wall {
        name: "plants",
        may_use: &[],
        never: PURE,
    },
    Wall {
        name: "types",
        may_use: &[],
        never: PURE,
    },
    Wall {
        name: "nats",
        may_use: &["plants"],
        never: PURE_WITH_RECORDS,
    },
    Wall {
        name: "core",
        may_use: &["plants", "types"],
        never: PURE,
    },
    Wall {
        name: "session",
        may_use: &["plants", "types"],
        never: PURE,
    },
    Wall {
        name: "wire",
        may_use: &["nats", "types"],
        never: PURE_WITH_RECORDS,
    },
    Wall {
        name: "store",
        may_use: &["types"],
        never: SHELL,
    },
    Wall {
        name: "bus",
        may_use: &["nats"],
        never: &[],
    },
    Wall {
        name: "broker",
        may_use: &["nats"],
        never: SHELL,
    },
    Wall {
        name: "router",
        may_use: &[
            "broker", "bus", "core", "nats", "plants", "store", "types", "wire",
        ],
        never: SHELL,
    },
    Wall {
        name: "client",
        may_use: &["bus", "nats", "session", "types", "wire"],
        never: SHELL,
    },
    Wall {
        name: "cli",
        may_use: &[
            "bench", "broker", "bus", "client", "plants", "router", "store", "types", "wire",
        ],
        never: SHELL,
    },
    // The product carries it: the other client library stays in the control's own program.
    Wall {
        name: "bench",
        may_use: &["types", "wire"],
        never: SHELL,
    },
    Wall {
        name: "bench-control",
        may_use: &["bench", "types", "wire"],
        never: &[],
    },
    Wall {
        name: "sim",
        may_use: &[
            "core", "nats", "plants", "router", "session", "types", "wire",
        ],
        never: PURE_WITH_RECORDS,
    },
    Wall {
        name: "testkit",
        may_use: &[
            "broker", "bus", "cli", "client", "core", "nats", "router", "session", "store",
            "types", "wire",
        ],
        never: &[],
    },
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.crates()
        .flat_map(|(name, manifest)| check_crate(name, manifest))
        .collect()
}

fn check_crate(name: &str, manifest: &SourceFile) -> Vec<Finding> {
    let Some(wall) = WALLS.iter().find(|wall| wall.name == name) else {
        let message =
            format!("the crate `{name}` has no line in the table of xtask/src/tidy/manifest.rs");
        return vec![Finding::refused(&manifest.path, 1, message)];
    };
    let refused = |dependency: &Dependency<'_>| {
        let message = breach(wall, dependency)?;
        Some(Finding::refused(&manifest.path, dependency.line, message))
    };
    dependencies(&manifest.text)
        .iter()
        .filter_map(refused)
        .collect()
}

/// What is wrong with one dependency, if anything.
fn breach(wall: &Wall, dependency: &Dependency<'_>) -> Option<String> {
    let name = wall.name;
    let package = dependency.package;
    match package.strip_prefix("aegis-") {
        // Tests may use any crate of ours, but nobody's tests hang on the simulator.
        Some(ours) if dependency.for_tests => {
            (ours == "sim").then(|| format!("nothing may use `{package}`"))
        }
        Some(ours) if !wall.may_use.contains(&ours) => Some(format!(
            "`{name}` may not use `{package}`; it may use: {}",
            listed(wall.may_use)
        )),
        None if !dependency.for_tests && wall.never.contains(&package) => Some(format!(
            "`{name}` must never use `{package}`; only its tests may"
        )),
        _ => None,
    }
}

fn listed(names: &[&str]) -> String {
    if names.is_empty() {
        "nothing of ours".to_owned()
    } else {
        names.join(", ")
    }
}

/// One line of a manifest that asks for a package.
#[derive(Debug, PartialEq)]
struct Dependency<'a> {
    package: &'a str,
    for_tests: bool,
    line: usize,
}

/// Reads both ways of writing a dependency: `name = ..` or `name.workspace = ..` in a table, and a
/// table of its own, `[dependencies.name]`; for any target.
fn dependencies(manifest: &str) -> Vec<Dependency<'_>> {
    let mut found = Vec::new();
    let mut table: Option<bool> = None;
    for (index, line) in manifest.lines().enumerate() {
        let line = line.trim();
        if let Some(header) = line.strip_prefix('[') {
            let header = header.trim_matches(['[', ']']);
            let (head, own) = header
                .rsplit_once("dependencies")
                .unwrap_or((header, "none"));
            let for_tests = head.ends_with("dev-");
            table = own.is_empty().then_some(for_tests);
            if let Some(package) = own.strip_prefix('.') {
                found.push(Dependency {
                    package,
                    for_tests,
                    line: index + 1,
                });
            }
        } else if let Some(for_tests) = table {
            let package = line.split(['.', '=', ' ', '#']).next().unwrap_or_default();
            if !package.is_empty() {
                found.push(Dependency {
                    package,
                    for_tests,
                    line: index + 1,
                });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(path: &str, manifest: &str) -> Vec<String> {
        check(&Tree::of(&[(path, manifest)]))
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn a_crate_may_use_what_the_table_says() {
        let manifest = "[dependencies]\naegis-types.workspace = true\n[dev-dependencies]\naegis-testkit.workspace = true\nasync-nats.workspace = true\n";
        assert_eq!(
            messages("crates/core/Cargo.toml", manifest),
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_breach_of_the_table_is_refused() {
        assert_eq!(
            messages(
                "crates/core/Cargo.toml",
                "[dependencies]\n# why\naegis-nats.workspace = true\n"
            ),
            [
                "crates/core/Cargo.toml:3: refused: `core` may not use `aegis-nats`; it may use: plants, types"
            ]
        );
    }

    #[test]
    fn a_pure_crate_with_a_runtime_or_serde_is_refused_however_it_is_written() {
        for manifest in [
            "[dependencies]\ntokio = \"1\"\n",
            "[dependencies.tokio]\nversion = \"1\"\n",
            "[target.'cfg(unix)'.dependencies]\ntokio = { version = \"1\" }\n",
            "[build-dependencies]\nserde = \"1\"\n",
        ] {
            assert_eq!(
                messages("crates/types/Cargo.toml", manifest).len(),
                1,
                "{manifest}"
            );
        }
    }

    #[test]
    fn records_are_for_nats_and_wire_only() {
        let manifest = "[dependencies]\nserde.workspace = true\n";
        assert_eq!(messages("crates/wire/Cargo.toml", manifest).len(), 0);
        assert_eq!(messages("crates/nats/Cargo.toml", manifest).len(), 0);
        assert_eq!(messages("crates/session/Cargo.toml", manifest).len(), 1);
    }

    #[test]
    fn only_bus_and_tests_name_the_nats_client_library() {
        let manifest = "[dependencies]\nasync-nats.workspace = true\n";
        assert_eq!(messages("crates/bus/Cargo.toml", manifest).len(), 0);
        assert_eq!(messages("crates/broker/Cargo.toml", manifest).len(), 1);
        assert_eq!(
            messages(
                "crates/broker/Cargo.toml",
                "[dev-dependencies]\nasync-nats = \"0\"\n"
            )
            .len(),
            0
        );
    }

    #[test]
    fn nothing_but_tests_uses_the_testkit_and_nobody_the_simulator() {
        assert_eq!(
            messages(
                "crates/client/Cargo.toml",
                "[dependencies]\naegis-testkit.workspace = true\n"
            )
            .len(),
            1
        );
        assert_eq!(
            messages(
                "crates/client/Cargo.toml",
                "[dev-dependencies]\naegis-sim.workspace = true\n"
            )
            .len(),
            1
        );
    }

    #[test]
    fn a_crate_without_a_line_is_refused() {
        assert_eq!(messages("crates/hub/Cargo.toml", "").len(), 1);
    }

    #[test]
    fn other_tables_are_not_dependencies() {
        assert_eq!(
            dependencies(
                "[package]\nname = \"x\"\n[features]\ntokio = []\n[lints]\nworkspace = true\n"
            ),
            []
        );
    }
}
