//! The order of the modules, held by reading the sources: who may use whom, where the browser may be known,
//! and how long a file may be.

use std::fs;
use std::path::Path;

/// The top-level modules from the bottom up. A module uses those of the layers above it in this list only;
/// modules of one layer do not know each other.
const LAYERS: &[&[&str]] = &[
    &["limits"],
    // Of the package of vectors, which is below the rest.
    &["space"],
    // Of the package of patterns likewise.
    &["requirement"],
    &["program", "wire"],
    &["error"],
    // Of the package of snapshots likewise.
    &["codec"],
    &["part"],
    &["pack", "ranges"],
    &["exchange"],
    &["center", "codes", "ids", "record", "table"],
    &["lists", "terms"],
    &["filter", "manifest"],
    &["build"],
    &["read"],
    // What the modules of both of these packages export, and what attacks the readers of one.
    &["hostile", "module"],
    &["env"],
    &["text"],
    &["types"],
    &["distance"],
    &["quantization"],
    &["storage"],
    &["blockstore"],
    &["log", "index"],
    &["segment"],
    &["sysdb"],
    &["execution"],
    &["db"],
    &["rest"],
    &["bindings"],
];

/// Crates that only exist in a browser.
const BROWSER_CRATES: &[&str] =
    &["wasm_bindgen", "wasm_bindgen_futures", "js_sys", "web_sys", "serde_wasm_bindgen"];

/// Where they may be used: `bindings`, the storages of the browser and what these share.
const BROWSER_MODULES: &[&[&str]] = &[
    &["bindings"],
    &["storage", "opfs"],
    &["storage", "indexeddb"],
    &["storage", "adapter"],
    &["storage", "browser"],
];

const MAX_LINES: usize = 600;

#[test]
fn the_sources_keep_the_order_of_modules() {
    let mut problems = Vec::new();
    let mut files = 0;
    each_source(Path::new(env!("CARGO_MANIFEST_DIR")).join("src").as_path(), &mut |path, text| {
        files += 1;
        problems.extend(check(path, text));
    });
    assert!(files > LAYERS.len(), "only {files} sources were found");
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn no_source_is_too_long() {
    let mut problems = Vec::new();
    for directory in ["src", "tests", "xtask/src", "examples", "benches"] {
        each_source(&Path::new(env!("CARGO_MANIFEST_DIR")).join(directory), &mut |path, text| {
            problems.extend(too_long(path, text));
        });
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// Calls `visit` with each Rust file below `directory`, its path relative to it. What is missing has none.
fn each_source(directory: &Path, visit: &mut dyn FnMut(&str, &str)) {
    let mut pending = vec![directory.to_path_buf()];
    while let Some(current) = pending.pop() {
        let Ok(entries) = fs::read_dir(&current) else { continue };
        for entry in entries {
            let path = entry.expect("a directory can be listed").path();
            if path.is_dir() {
                pending.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a source is UTF-8 text");
                let name = path.strip_prefix(directory).expect("it lies below the directory");
                visit(&name.to_string_lossy().replace('\\', "/"), &text);
            }
        }
    }
}

fn too_long(path: &str, text: &str) -> Option<String> {
    let lines = text.lines().count();
    (lines > MAX_LINES).then(|| format!("{path}: {lines} lines, more than {MAX_LINES}: split the module"))
}

/// What is wrong in one source of `src`, each as `src/path:line: …`.
fn check(path: &str, text: &str) -> Vec<String> {
    // Packages of their own, below the rest.
    let own = ["vectors/", "patterns/", "snapshots/"].iter().find_map(|package| path.strip_prefix(package));
    let module = module_path(own.unwrap_or(path));
    let tokens = tokens(text);
    let at = |line: usize, what: String| format!("src/{path}:{line}: {what}");
    let mut problems = Vec::new();

    if let [from, ..] = module.as_slice() {
        for (line, to) in edges(&module, &tokens) {
            if let Some(problem) = forbidden(from, to) {
                problems.push(at(line, problem));
            }
        }
    }
    if !BROWSER_MODULES.iter().any(|allowed| starts_with(&module, allowed)) {
        let browser = tokens.iter().filter(|token| BROWSER_CRATES.contains(&token.text));
        problems.extend(
            browser.map(|token| at(token.line, format!("`{}` outside of the browser modules", token.text))),
        );
    }
    problems
}

/// `storage/file/mod.rs` → `[storage, file]`; the crate's root has none.
fn module_path(path: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = path.trim_end_matches(".rs").split('/').collect();
    if matches!(parts.last(), Some(&("mod" | "lib" | "main"))) {
        parts.pop();
    }
    parts
}

fn starts_with(module: &[&str], prefix: &[&str]) -> bool {
    module.len() >= prefix.len() && module.iter().zip(prefix).all(|(a, b)| a == b)
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// Why `from` may not use `to`, if it may not.
fn forbidden(from: &str, to: &str) -> Option<String> {
    match (layer(from), layer(to)) {
        _ if from == to => None,
        (None, _) => Some(format!("module `{from}` has no place in the order")),
        (Some(_), None) => Some(format!("`{from}` uses `{to}`, which has no place in the order")),
        (Some(a), Some(b)) if a == b => Some(format!("`{from}` and `{to}` do not know each other")),
        (Some(a), Some(b)) if a < b => Some(format!("`{from}` uses `{to}`, which lies above it")),
        _ => None,
    }
}

struct Token<'a> {
    line: usize,
    text: &'a str,
}

/// Every top-level item named by a path from the crate's root: `crate::x`, `crate::{x, y::{…}}` and as many
/// `super::` as lead there, in declarations and in expressions alike.
fn edges<'a>(module: &[&str], tokens: &[Token<'a>]) -> Vec<(usize, &'a str)> {
    let text = |index: usize| tokens.get(index).map_or("", |token| token.text);
    let mut edges = Vec::new();
    // Depths of braces at which an inline `mod name {` was opened.
    let mut inline = Vec::new();
    let mut braces = 0_usize;
    let mut index = 0;
    while index < tokens.len() {
        match text(index) {
            "{" => braces += 1,
            "}" => {
                braces = braces.saturating_sub(1);
                inline.pop_if(|depth| *depth == braces);
            }
            "mod" if text(index + 2) == "{" => inline.push(braces),
            "crate" if text(index + 1) == "::" => names(tokens, index + 2, &mut edges),
            "super" if text(index + 1) == "::" && (index == 0 || text(index - 1) != "::") => {
                let ups = (0..).take_while(|up| text(index + 2 * up) == "super").count();
                index += 2 * ups - 1;
                if ups == module.len() + inline.len() {
                    names(tokens, index + 1, &mut edges);
                }
            }
            _ => {}
        }
        index += 1;
    }
    edges
}

/// The name at `start`, or the first names of each path of a group `{a, b::c, d::{e, f}}`.
fn names<'a>(tokens: &[Token<'a>], start: usize, edges: &mut Vec<(usize, &'a str)>) {
    let mut add = |token: &Token<'a>| {
        // Macros and items that the crate's root itself re-exports are not modules.
        if token.text.starts_with(|c: char| c.is_ascii_lowercase()) && token.text != "self" {
            edges.push((token.line, token.text));
        }
    };
    match tokens.get(start) {
        Some(token) if token.text == "{" => {
            let mut depth = 0_usize;
            for (previous, token) in tokens[start..].iter().zip(&tokens[start + 1..]) {
                match previous.text {
                    "{" => depth += 1,
                    "}" => depth -= 1,
                    _ => {}
                }
                if depth == 0 {
                    break;
                }
                if depth == 1 && matches!(previous.text, "{" | ",") {
                    add(token);
                }
            }
        }
        Some(token) => add(token),
        None => {}
    }
}

/// Identifiers, `::` and single punctuation marks, without comments, strings, characters and lifetimes.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = text;
    let mut line = 1;
    while let Some(first) = rest.chars().next() {
        let skipped = skipped(rest);
        let length = if skipped > 0 {
            skipped
        } else {
            let length = match first {
                c if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
                ':' if rest.starts_with("::") => 2,
                c => c.len_utf8(),
            };
            tokens.push(Token { line, text: &rest[..length] });
            length
        };
        line += rest[..length].matches('\n').count();
        rest = &rest[length..];
    }
    tokens
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The length of the white space, comment or literal that `text` starts with; 0 for anything else.
fn skipped(text: &str) -> usize {
    let whitespace = text.len() - text.trim_start().len();
    if whitespace > 0 {
        return whitespace;
    }
    if text.starts_with("//") {
        return text.find('\n').unwrap_or(text.len());
    }
    if text.starts_with("/*") {
        return block_comment(text);
    }
    let literal = text.trim_start_matches(['b', 'c']);
    let prefix = text.len() - literal.len();
    if prefix > 1 {
        return 0;
    }
    let hashes = literal.strip_prefix('r').map(|raw| raw.len() - raw.trim_start_matches('#').len());
    if let Some(hashes) = hashes
        && literal[1 + hashes..].starts_with('"')
    {
        let end = format!("\"{}", "#".repeat(hashes));
        let start = prefix + hashes + 2;
        return text[start..].find(&end).map_or(text.len(), |at| start + at + end.len());
    }
    if literal.starts_with('"') {
        return prefix + quoted(literal, '"');
    }
    if literal.starts_with('\'') {
        // A lifetime has no closing quote right after its first character.
        let lifetime = !literal.starts_with("'\\") && literal.chars().nth(2) != Some('\'');
        return if lifetime { 1 } else { prefix + quoted(literal, '\'') };
    }
    0
}

/// Block comments nest.
fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// The length of a literal between two `quote`s, with escapes.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

mod of_the_checker {
    use super::{MAX_LINES, check, too_long};

    #[test]
    fn an_upward_edge_is_found_with_its_line() {
        let source = "//! Text.\n\nuse std::fmt;\nuse crate::error::Error;\nuse crate::db::Database;\n";
        let expected = ["src/storage/memory.rs:5: `storage` uses `db`, which lies above it"];
        assert_eq!(check("storage/memory.rs", source), expected);
    }

    #[test]
    fn groups_expressions_and_super_paths_count() {
        let group = "use crate::{error::{Error, db}, types, segment::{self, Segment}};";
        assert_eq!(
            check("log/mod.rs", group),
            ["src/log/mod.rs:1: `log` uses `segment`, which lies above it"]
        );
        let expression = "fn f() -> u32 {\n    crate::execution::run()\n}";
        assert_eq!(check("sysdb/mod.rs", expression).len(), 1);
        assert_eq!(check("types/record.rs", "use super::super::log::Entry;").len(), 1);
        assert_eq!(check("types/mod.rs", "mod inner {\n    use super::super::log::Entry;\n}").len(), 1);
    }

    #[test]
    fn siblings_of_one_layer_do_not_know_each_other() {
        let expected = ["src/index/flat.rs:1: `index` and `log` do not know each other"];
        assert_eq!(check("index/flat.rs", "use crate::log::Log;"), expected);
        assert_eq!(check("log/mod.rs", "use crate::index::Flat;").len(), 1);
    }

    #[test]
    fn a_module_outside_of_the_order_is_found() {
        assert_eq!(check("db/mod.rs", "use crate::helpers::x;").len(), 1);
        assert_eq!(check("helpers.rs", "use crate::error::Error;").len(), 1);
    }

    #[test]
    fn downward_edges_and_own_children_pass() {
        let source =
            "use crate::{blockstore::Reader, index, limits};\nuse super::writer;\nuse crate::segment::x;";
        assert!(check("segment/reader.rs", source).is_empty());
        assert!(check("segment/mod.rs", "pub(super) fn f() {}\npub(in crate::segment) fn g() {}").is_empty());
        let inner = "mod tests {\n    use super::index;\n    fn f() { super::log(); }\n}";
        assert!(check("blockstore/mod.rs", inner).is_empty());
    }

    #[test]
    fn comments_strings_characters_and_lifetimes_are_not_code() {
        let source = r####"
            //! See [`crate::db`].
            /* use crate::db; /* web_sys */ js_sys */
            const A: &str = "use crate::db; \" web_sys";
            const B: &str = r#"use crate::db; " web_sys"#;
            const C: &[u8] = b"crate::db";
            const D: [char; 3] = ['"', '\'', '{'];
            fn f<'a>(x: &'a str) -> &'a str { x }
        "####;
        assert_eq!(check("types/mod.rs", source), Vec::<String>::new());
        let after = format!("{source}use crate::db::Database;");
        assert_eq!(
            check("types/mod.rs", &after),
            ["src/types/mod.rs:9: `types` uses `db`, which lies above it"]
        );
    }

    #[test]
    fn the_browser_is_known_in_its_modules_only() {
        let source = "use wasm_bindgen::JsValue;\n";
        assert!(check("bindings/mod.rs", source).is_empty());
        assert!(check("storage/opfs.rs", source).is_empty());
        assert!(check("storage/opfs/handle.rs", source).is_empty());
        let expected = ["src/storage/memory.rs:1: `wasm_bindgen` outside of the browser modules"];
        assert_eq!(check("storage/memory.rs", source), expected);
        assert_eq!(check("lib.rs", "fn f() {\n    web_sys::console::log_0();\n}").len(), 1);
    }

    #[test]
    fn the_longest_file_has_exactly_the_allowed_lines() {
        assert_eq!(too_long("a.rs", &"\n".repeat(MAX_LINES)), None);
        assert!(too_long("a.rs", &"\n".repeat(MAX_LINES + 1)).is_some());
    }
}
