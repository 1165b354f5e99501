//! Runs one input through one target: `replay TARGET FILE`. A finding panics, with the place.

use std::env;
use std::fs;

fn main() -> Result<(), String> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [name, path] = arguments.as_slice() else {
        return Err("usage: replay TARGET FILE".to_owned());
    };
    let target = aegis_fuzz::target(name).ok_or_else(|| {
        let known = aegis_fuzz::TARGETS.map(|target| target.name);
        format!("no target `{name}`; there are: {}", known.join(", "))
    })?;
    let input = fs::read(path).map_err(|error| format!("cannot read {path}: {error}"))?;
    (target.run)(&input);
    Ok(())
}
