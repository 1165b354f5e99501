//! Playing a story: lines in, lines out.

mod command;
mod show;
mod speak;
mod words;
mod world;

use std::fmt;

use words::Words;
use world::World;

/// What is wrong with a story, and where.
#[derive(Debug)]
pub(crate) struct Mistake {
    line: usize,
    what: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

/// Plays a story. Comments, blank lines and commands come back as they are; under each command
/// stands what the router did.
pub(crate) fn play(story: &str) -> Result<String, Mistake> {
    let mut world: Option<World> = None;
    let mut played = String::new();
    for (index, line) in story.lines().enumerate() {
        let mistake = |what: String| Mistake {
            line: index + 1,
            what,
        };
        if line.starts_with(' ') {
            if world.is_none() {
                return Err(mistake("an effect before any command".to_owned()));
            }
            continue;
        }
        played.push_str(line);
        played.push('\n');
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let mut words = Words::new(line);
        if words.take("config") {
            if world.is_some() {
                return Err(mistake("the config comes first".to_owned()));
            }
            world = Some(World::new(command::config(words).map_err(mistake)?));
            continue;
        }
        let world = world.get_or_insert_with(World::default);
        for effect in command::run(world, words).map_err(mistake)? {
            played.push_str("  ");
            played.push_str(&effect);
            played.push('\n');
        }
    }
    Ok(played)
}

/// The first lines that differ, if any do.
pub(crate) fn difference(written: &str, played: &str) -> Option<String> {
    let (mut written, mut played) = (written.lines(), played.lines());
    let mut line = 0;
    loop {
        line += 1;
        match (written.next(), played.next()) {
            (None, None) => return None,
            (expected, found) if expected == found => {}
            (expected, found) => {
                let expected = expected.unwrap_or("(end)");
                let found = found.unwrap_or("(end)");
                return Some(format!(
                    "line {line}\n  written: {expected}\n  played:  {found}"
                ));
            }
        }
    }
}
