//! How much of the code the tests reach, line by line: `cargo llvm-cov` and a page of its counts.

use std::collections::BTreeMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::nats_server;
use crate::python::target_dir;
use crate::step::{self, Failed, cargo};

/// Pinned: a new release may count lines in another way.
const TOOL: &str = "cargo-llvm-cov";
const VERSION: &str = "0.9.1";

/// The two programs of LLVM that read the counts, and how `cargo llvm-cov` is told of them.
const PROGRAMS: [(&str, &str); 2] = [("llvm-cov", "LLVM_COV"), ("llvm-profdata", "LLVM_PROFDATA")];

/// Where the page goes.
const PAGE: &str = "docs/coverage.md";

/// Fewer lines than this of the whole workspace are a finding.
const AT_LEAST_PERCENT: f64 = 85.0;

/// Runs the workspace's tests, counts, and writes the page. Arguments choose some of the tests, as with
/// `cargo test`: what they reach is added to what earlier runs have reached.
///
/// # Errors
/// When a tool is missing, a test fails, or too few lines were reached.
pub(crate) fn run(root: &Path, rest: &[String]) -> Result<(), Failed> {
    let tool = Tool::find(root)?;
    if rest.is_empty() {
        let mut clean = tool.command(root);
        clean.args(["clean", "--profraw-only"]);
        step::run("forget earlier counts", &mut clean)?;
    }
    let mut tests = tool.command(root);
    tests.env(nats_server::VARIABLE, nats_server::find_or_fetch(root)?);
    tests.args(["test", "--no-report", "--locked", "--workspace"]);
    let tested = step::run("tests of the workspace, counting lines", tests.args(rest));
    gather_strays(root)?;
    tested?;
    let counts = target_dir(root).join("coverage.lcov");
    let mut report = tool.command(root);
    report.args(["report", "--lcov", "--output-path"]);
    step::run("add the counts up", report.arg(&counts))?;

    let text = fs::read_to_string(&counts)
        .map_err(|error| Failed(format!("{}: {error}", counts.display())))?;
    let parts = by_part(root, &text);
    let total: Lines = parts.values().copied().sum();
    fs::write(root.join(PAGE), page(&parts, total))
        .map_err(|error| Failed(format!("{PAGE}: {error}")))?;
    println!("{PAGE}: {:.1} % of {} lines", total.percent(), total.found);
    if total.percent() < AT_LEAST_PERCENT {
        return Err(Failed(format!(
            "{:.1} % of the lines were reached and {AT_LEAST_PERCENT} % are asked; {PAGE} says where they are missing",
            total.percent()
        )));
    }
    Ok(())
}

/// A program that a test starts with an empty environment is not told where its counts go, and leaves
/// them where it runs.
fn gather_strays(root: &Path) -> Result<(), Failed> {
    let failed = |error| Failed(format!("counts that were left behind: {error}"));
    let others = target_dir(root).join("llvm-cov-target");
    for package in fs::read_dir(root.join("crates")).map_err(failed)? {
        for file in fs::read_dir(package.map_err(failed)?.path()).map_err(failed)? {
            let file = file.map_err(failed)?;
            if Path::new(&file.file_name()).extension() == Some(OsStr::new("profraw")) {
                fs::rename(file.path(), others.join(file.file_name())).map_err(failed)?;
            }
        }
    }
    Ok(())
}

/// `cargo llvm-cov`, and what it has to be told.
struct Tool {
    /// The path with its folder: as an extension of cargo it is found by that.
    path: OsString,
    llvm: Vec<(&'static str, String)>,
}

impl Tool {
    fn find(root: &Path) -> Result<Tool, Failed> {
        let path = env::var_os("PATH").unwrap_or_default();
        let folders = tool(root)?.into_iter().chain(env::split_paths(&path));
        let path = env::join_paths(folders)
            .map_err(|error| Failed(format!("the path cannot be extended: {error}")))?;
        let llvm = llvm_programs(root)?;
        Ok(Tool { path, llvm })
    }

    fn command(&self, root: &Path) -> Command {
        let mut command = cargo(root);
        command.env("PATH", &self.path).arg("llvm-cov");
        command.envs(self.llvm.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// The folder of the tool if it is not on the path; built there first where it is missing.
fn tool(root: &Path) -> Result<Option<PathBuf>, Failed> {
    if step::answers(TOOL, &["llvm-cov", "--version"]) {
        return Ok(None);
    }
    let folder = target_dir(root).join("tools").join(TOOL);
    let program = folder.join("bin").join(TOOL);
    if !program.is_file() {
        let mut install = cargo(root);
        install.args(["install", TOOL, "--version", VERSION, "--locked", "--root"]);
        step::run(&format!("build {TOOL}"), install.arg(&folder))?;
    }
    Ok(Some(folder.join("bin")))
}

/// The programs of the compiler's own LLVM release, where the toolchain has no `llvm-tools`: what
/// another release writes they may not be able to read.
fn llvm_programs(root: &Path) -> Result<Vec<(&'static str, String)>, Failed> {
    if has_llvm_tools(root) {
        return Ok(Vec::new());
    }
    let release = llvm_release(root)?;
    let mut found = Vec::new();
    for (program, variable) in PROGRAMS {
        if let Some(named) = env::var(variable).ok().filter(|named| !named.is_empty()) {
            found.push((variable, named));
            continue;
        }
        let program = format!("{program}-{release}");
        if !step::answers(&program, &["--version"]) {
            return Err(Failed(format!(
                "there is no `{program}` (rustup component add llvm-tools, or Debian: apt-get install llvm-{release})"
            )));
        }
        found.push((variable, program));
    }
    Ok(found)
}

fn has_llvm_tools(root: &Path) -> bool {
    let libraries = asked(root, &["--print", "target-libdir"]);
    libraries.is_ok_and(|folder| {
        let folder = Path::new(folder.trim()).with_file_name("bin");
        folder.join("llvm-profdata").is_file()
    })
}

fn llvm_release(root: &Path) -> Result<String, Failed> {
    asked(root, &["-vV"])?
        .lines()
        .find_map(|line| line.strip_prefix("LLVM version: "))
        .and_then(|version| version.split('.').next())
        .map(str::to_owned)
        .ok_or_else(|| Failed("rustc does not say its LLVM version".to_owned()))
}

fn asked(root: &Path, arguments: &[&str]) -> Result<String, Failed> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .current_dir(root)
        .args(arguments)
        .output()
        .map_err(|error| Failed(format!("cannot ask rustc: {error}")))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Lines that could be reached, and those that were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Lines {
    found: u64,
    hit: u64,
}

impl Lines {
    #[expect(
        clippy::cast_precision_loss,
        reason = "nobody has that many lines of code"
    )]
    fn percent(self) -> f64 {
        if self.found == 0 {
            return 100.0;
        }
        self.hit as f64 * 100.0 / self.found as f64
    }
}

impl std::iter::Sum for Lines {
    fn sum<I: Iterator<Item = Lines>>(lines: I) -> Lines {
        lines.fold(Lines::default(), |sum, more| Lines {
            found: sum.found + more.found,
            hit: sum.hit + more.hit,
        })
    }
}

/// What the tracefile says of each crate: `SF:` names a file, `LF:` and `LH:` count its lines.
fn by_part(root: &Path, text: &str) -> BTreeMap<String, Lines> {
    let mut parts: BTreeMap<String, Lines> = BTreeMap::new();
    let mut part = String::new();
    for line in text.lines() {
        let Some((key, value)) = line.split_once(':') else {
            continue;
        };
        if key == "SF" {
            let file = Path::new(value);
            part = part_of(file.strip_prefix(root).unwrap_or(file));
            continue;
        }
        let Ok(count) = value.parse::<u64>() else {
            continue;
        };
        match key {
            "LF" => parts.entry(part.clone()).or_default().found += count,
            "LH" => parts.entry(part.clone()).or_default().hit += count,
            _ => {}
        }
    }
    parts
}

/// The folder of a file's crate.
fn part_of(file: &Path) -> String {
    let words = file.iter().map(|word| word.to_string_lossy());
    let words: Vec<_> = words.take_while(|word| word != "src").collect();
    words.join("/")
}

fn page(parts: &BTreeMap<String, Lines>, total: Lines) -> String {
    let row = |name: &str, lines: Lines| {
        let (found, hit) = (lines.found, lines.hit);
        format!("| {name} | {found} | {hit} | {:.1} % |\n", lines.percent())
    };
    let rows: String = parts
        .iter()
        .map(|(name, lines)| row(&format!("`{name}`"), *lines))
        .collect();
    format!(
        "# Coverage\n\n\
         Written by `cargo xtask coverage`, which runs `cargo test --workspace` with a NATS server to compare with and counts the lines\n\
         that were reached, by source based coverage ({TOOL} {VERSION}). Folders of tests are left out; tests inside a source file count as\n\
         its lines. Not counted, though they reach more: the suites repeated on a NATS server, those that need Python, JavaScript or\n\
         Prometheus, the fuzzer, and every process that a test kills with SIGKILL.\n\n\
         At least {AT_LEAST_PERCENT} % of all lines are asked.\n\n\
         | crate | lines | reached | |\n|---|--:|--:|--:|\n{rows}{}",
        row("all", total)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tracefile_is_summed_by_crate() {
        let text = "SF:/w/crates/core/src/a.rs\nDA:1,0\nLF:10\nLH:7\nend_of_record\n\
                    SF:/w/crates/core/src/b/c.rs\nLF:10\nLH:9\nend_of_record\n\
                    SF:/w/xtask/src/main.rs\nLF:5\nLH:0\nend_of_record\n";
        let parts = by_part(Path::new("/w"), text);
        let core = Lines { found: 20, hit: 16 };
        assert_eq!(parts.get("crates/core"), Some(&core));
        let total: Lines = parts.values().copied().sum();
        assert_eq!(total, Lines { found: 25, hit: 16 });
        let page = page(&parts, total);
        assert!(
            page.contains("| `crates/core` | 20 | 16 | 80.0 % |"),
            "{page}"
        );
        assert!(page.contains("| all | 25 | 16 | 64.0 % |"), "{page}");
    }

    #[test]
    fn no_lines_miss_none() {
        assert!(Lines::default().percent() > 99.0);
    }
}
