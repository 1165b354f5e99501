//! Every committed input through its target: what fuzzing found once is held for good, in every
//! test run and without a fuzzer.

#[cfg(test)]
mod committed {
    use std::fs;
    use std::path::{Path, PathBuf};

    use aegis_fuzz::{TARGETS, pack};

    /// More would be a burden for everybody who clones: minimise first.
    const MAX_BYTES: usize = 512 * 1024;

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR"))
    }

    /// The inputs in a folder; none if it is not there.
    fn inputs(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        paths.sort();
        paths
    }

    #[test]
    fn every_committed_input_keeps_every_property() {
        let pack = |name: &str| fs::read(root().join("corpus").join(format!("{name}.pack")));
        for target in TARGETS {
            let corpus = pack(target.name).unwrap();
            assert!(!pack::read(&corpus).is_empty(), "{} has none", target.name);
            for (number, input) in pack::read(&corpus).into_iter().enumerate() {
                // Captured, and shown by the test's runner if the target panics.
                eprintln!("{}, input {number}: {}", target.name, input.escape_ascii());
                (target.run)(input);
            }
            for path in inputs(&root().join("regressions").join(target.name)) {
                eprintln!(
                    "cargo xtask fuzz {} --replay {}",
                    target.name,
                    path.display()
                );
                (target.run)(&fs::read(&path).unwrap());
            }
        }
    }

    #[test]
    fn inputs_stay_small_and_belong_to_targets() {
        let mut bytes = 0;
        let regressions = inputs(&root().join("regressions"));
        for path in inputs(&root().join("corpus")).iter().chain(&regressions) {
            let name = path.file_stem().unwrap().to_string_lossy();
            assert!(aegis_fuzz::target(&name).is_some(), "{}", path.display());
            let files = if path.is_dir() {
                inputs(path)
            } else {
                vec![path.clone()]
            };
            for file in files {
                bytes += fs::read(file).unwrap().len();
            }
        }
        assert!(bytes <= MAX_BYTES, "{bytes} bytes");
    }

    #[test]
    fn every_target_has_its_binary() {
        for target in TARGETS {
            let binary = root().join("targets").join(format!("{}.rs", target.name));
            let text = fs::read_to_string(&binary).unwrap();
            assert!(text.contains(&format!("aegis_fuzz::{}::run", target.name)));
        }
        assert_eq!(inputs(&root().join("targets")).len(), TARGETS.len());
    }
}
