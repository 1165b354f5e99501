//! The description, held against what is served, and the page that is written from it.

use std::fmt::Write as _;

use serde_json::Value;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/http.md");

/// Set to write the page instead of comparing it.
const WRITE: &str = "AEGIS_WRITE_DOCS";

/// What the table cannot say.
const HEAD: &str = include_str!("page.md");

fn described() -> Value {
    serde_json::from_str(&super::description()).unwrap()
}

fn paths(description: &Value) -> Vec<(&String, &Value)> {
    let paths = description["paths"].as_object().unwrap();
    paths.iter().map(|(path, of)| (path, &of["get"])).collect()
}

#[test]
fn every_path_that_is_served_is_described_and_the_other_way_round() {
    let description = described();
    let mut described: Vec<&str> = paths(&description)
        .iter()
        .map(|(path, _)| path.as_str())
        .collect();
    let places = [
        (include_str!("mod.rs"), "fn routes("),
        (include_str!("../routes.rs"), "fn router("),
        (include_str!("../metrics.rs"), "fn router("),
    ];
    let mut served = Vec::new();
    for (source, begins) in places {
        let (_, routes) = source.split_once(begins).unwrap();
        let (routes, _) = routes.split_once("with_state").unwrap();
        served.extend(routes.split('"').filter(|it| it.starts_with('/')));
    }
    described.sort_unstable();
    served.sort_unstable();
    assert_eq!(described, served);
}

#[test]
fn no_two_operations_have_one_name() {
    let description = described();
    let mut names: Vec<&str> = paths(&description)
        .iter()
        .map(|(_, of)| of["operationId"].as_str().unwrap())
        .collect();
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all, "{names:?}");
}

#[test]
fn the_page_is_the_description() {
    let page = page(&described());
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(PAGE, &page).unwrap();
    }
    let written = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(
        written == page,
        "docs/reference/http.md is not the description: {WRITE}=1 cargo test -p aegis-cli --lib"
    );
}

fn page(description: &Value) -> String {
    let mut page = HEAD.to_owned();
    page.push_str(
        "\n## Paths\n\n| path | what it says | parameters | answers |\n|---|---|---|---|\n",
    );
    for (path, of) in paths(description) {
        let what = text(&of["summary"]);
        let parameters = of["parameters"].as_array().map_or(String::new(), |all| {
            let named = all.iter().filter(|it| it["in"] == "query");
            let names: Vec<String> = named.map(|it| format!("`{}`", text(&it["name"]))).collect();
            names.join(", ")
        });
        let answers = of["responses"].as_object().unwrap().iter();
        let answers: Vec<String> = answers.map(|(status, of)| answer(status, of)).collect();
        let answers = answers.join("; ");
        writeln!(page, "| `{path}` | {what} | {parameters} | {answers} |").unwrap();
    }
    page.push_str("\n## Records\n");
    let records = description["components"]["schemas"].as_object().unwrap();
    for (name, of) in records {
        writeln!(page, "\n### {name}\n\n{}\n", text(&of["description"])).unwrap();
        if let Some(fields) = of["properties"].as_object() {
            page.push_str("| field | type | meaning |\n|---|---|---|\n");
            for (field, of) in fields {
                let meaning = text(&of["description"]).replace('\n', " ");
                writeln!(page, "| `{field}` | {} | {meaning} |", kind(of)).unwrap();
            }
        } else if let Some(words) = of["enum"].as_array() {
            let words: Vec<String> = words.iter().map(|it| format!("`{}`", text(it))).collect();
            writeln!(page, "One of {}.", words.join(", ")).unwrap();
        } else if let Some(choices) = of["oneOf"].as_array() {
            let kinds: Vec<String> = choices.iter().map(choice).collect();
            writeln!(page, "{}", kinds.join("; ")).unwrap();
        }
    }
    page
}

fn answer(status: &str, of: &Value) -> String {
    let content = of["content"].as_object().unwrap().iter().next().unwrap();
    match content {
        (form, of) if form == "application/json" => format!("{status} {}", kind(&of["schema"])),
        (form, _) => format!("{status} `{form}`"),
    }
}

fn choice(of: &Value) -> String {
    match of["enum"][0].as_str() {
        Some(word) => format!("`{word}`: {}", text(&of["description"])),
        None => format!("{}: {}", kind(of), text(&of["description"])),
    }
}

fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap();
        return format!("[{name}](#{})", name.to_lowercase());
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let kinds: Vec<String> = choices.iter().map(kind).collect();
        return kinds.join(" or ");
    }
    match &schema["type"] {
        Value::String(name) if name == "array" => format!("list of {}", kind(&schema["items"])),
        Value::String(name) => name.clone(),
        Value::Array(names) => {
            let names: Vec<&str> = names.iter().map(text).collect();
            names.join(" or ")
        }
        _ => String::new(),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
