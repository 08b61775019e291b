//! What can be known about the container image and the Compose file without a container engine.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use kundenhistorie::config::{Config, Setting};

const BUILD: &str = "cargo build --release --locked";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn settings() -> Vec<Setting> {
    Config::for_tests("sqlite://x.db", Path::new("x")).unwrap().effective().to_vec()
}

/// One instruction of the Dockerfile: its word and all its arguments on one line.
#[derive(Debug)]
struct Instruction {
    word: String,
    arguments: String,
}

fn dockerfile() -> Vec<Instruction> {
    let text = read("Dockerfile");
    let lines: Vec<_> = text.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
    lines
        .join("\n")
        .replace("\\\n", " ")
        .lines()
        .filter_map(|line| line.trim().split_once(' '))
        .map(|(word, rest)| Instruction {
            word: word.to_owned(),
            arguments: rest.split_whitespace().collect::<Vec<_>>().join(" "),
        })
        .collect()
}

/// The instructions of the first and of the last stage.
fn stages() -> (Vec<Instruction>, Vec<Instruction>) {
    let mut build = dockerfile();
    let last = build.iter().rposition(|instruction| instruction.word == "FROM").unwrap();
    let run = build.split_off(last);
    (build, run)
}

fn arguments<'a>(stage: &'a [Instruction], word: &str) -> Vec<&'a str> {
    stage.iter().filter(|instruction| instruction.word == word).map(|found| found.arguments.as_str()).collect()
}

/// The only instruction of this word.
fn argument<'a>(stage: &'a [Instruction], word: &str) -> &'a str {
    let found = arguments(stage, word);
    assert_eq!(found.len(), 1, "{word}: {found:?}");
    found[0]
}

/// What is copied from the repository.
fn copied(stage: &[Instruction]) -> Vec<String> {
    let copies = arguments(stage, "COPY").into_iter().filter(|copy| !copy.starts_with("--from"));
    copies
        .flat_map(|copy| {
            let mut names: Vec<_> = copy.split(' ').map(str::to_owned).collect();
            names.pop();
            names
        })
        .collect()
}

/// Every value of a YAML file of maps and lists with its path: `services.database.image`.
fn yaml(text: &str) -> Vec<(String, String)> {
    let mut open: Vec<(usize, String)> = Vec::new();
    let mut values = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#')) {
        let indent = line.len() - line.trim_start().len();
        open.retain(|(outer, _)| *outer < indent);
        let path = |key: &str| {
            open.iter()
                .map(|(_, key)| key.as_str())
                .chain(Some(key).filter(|key| !key.is_empty()))
                .collect::<Vec<_>>()
                .join(".")
        };
        if let Some(item) = line.trim().strip_prefix("- ") {
            values.push((path(""), item.trim_matches('"').to_owned()));
        } else {
            let (key, value) = line.trim().split_once(':').unwrap_or_else(|| panic!("not understood: {line}"));
            values.push((path(key), value.trim().trim_matches('"').to_owned()));
            open.push((indent, key.to_owned()));
        }
    }
    values
}

fn compose() -> Vec<(String, String)> {
    yaml(&read("compose.yaml"))
}

fn value(compose: &[(String, String)], path: &str) -> String {
    let found = compose.iter().find(|(found, _)| found == path);
    found.unwrap_or_else(|| panic!("{path} is missing in compose.yaml")).1.clone()
}

/// Names of the variables a text sets, `KH_HTTP__PORT` for example.
fn variables(text: &str) -> BTreeSet<String> {
    text.split(|character: char| !(character.is_ascii_alphanumeric() || character == '_'))
        .filter(|word| word.starts_with("KH_"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn everything_the_image_copies_is_there_and_reaches_the_builder() {
    let (build, run) = stages();
    let sent: BTreeSet<_> =
        read(".dockerignore").lines().filter_map(|line| line.strip_prefix('!')).map(str::to_owned).collect();
    assert!(read(".dockerignore").lines().any(|line| line == "*"), "everything else stays outside");
    assert!(copied(&run).is_empty(), "the run image takes only what was built");
    let copied = copied(&build);
    assert!(copied.len() > 5, "{copied:?}");
    for name in &copied {
        assert!(root().join(name).exists(), "Dockerfile copies {name}, which is not in the repository");
        let top = Path::new(name).components().next().unwrap().as_os_str().to_string_lossy().into_owned();
        assert!(sent.contains(&top), "Dockerfile copies {name}, which .dockerignore holds back");
    }
    for name in &sent {
        assert!(copied.iter().any(|copied| copied.starts_with(name)), "{name} is sent to the builder in vain");
    }
}

#[test]
fn the_image_is_built_with_all_that_is_compiled_in() {
    let (build, _) = stages();
    let copied = copied(&build);
    // Without it SQLite lacks its planner guarantee, and Cargo its version.
    for name in [".cargo", "Cargo.lock", "rust-toolchain.toml"] {
        assert!(copied.iter().any(|copied| copied == name), "{name}");
    }
    for (file, included) in included_files() {
        let is_copied = copied.iter().any(|copied| included.starts_with(copied));
        assert!(is_copied, "{} compiles {} in, which the Dockerfile does not copy", file.display(), included.display());
    }
}

#[test]
fn the_image_is_built_as_the_readme_says() {
    let (build, _) = stages();
    assert!(read("README.md").contains(BUILD), "README.md does not show `{BUILD}`");
    let runs = arguments(&build, "RUN");
    assert!(runs.iter().all(|run| run.contains(BUILD)), "{runs:?}");
    assert_eq!(runs.len(), 2, "once for the dependencies, once for the product: {runs:?}");
    let toolchain: toml::Table = toml::from_str(&read("rust-toolchain.toml")).unwrap();
    let version = toolchain["toolchain"]["channel"].as_str().unwrap();
    assert!(argument(&build, "FROM").starts_with(&format!("rust:{version}-")), "{version}");
    let last_copy = build.iter().rposition(|instruction| instruction.word == "COPY");
    let last_run = build.iter().rposition(|instruction| instruction.word == "RUN");
    assert!(last_copy < last_run, "the product is built before its sources are there");
    assert!(runs[1].contains("touch"), "Cargo would take the empty sources for the newer ones");
}

#[test]
fn the_image_runs_the_product_without_root() {
    let (_, run) = stages();
    let user = argument(&run, "USER");
    let number: u32 = user.split(':').next().unwrap().parse().expect("a number, which orchestrators can check");
    assert_ne!(number, 0);
    let binary = format!("/build/target/release/{}", env!("CARGO_PKG_NAME"));
    let copies = arguments(&run, "COPY");
    assert!(copies.iter().any(|copy| copy.contains(&binary)), "{copies:?}");
    assert!(copies.contains(&format!("--from=build --chown={user} /empty /data").as_str()), "{copies:?}");
    assert_eq!(argument(&run, "VOLUME"), "/data");
    assert_eq!(argument(&run, "ENTRYPOINT"), "[\"kundenhistorie\"]");
    assert_eq!(argument(&run, "CMD"), "[\"serve\"]");
    let position = |word: &str| run.iter().position(|instruction| instruction.word == word);
    assert!(position("USER") < position("ENTRYPOINT"));
}

#[test]
fn the_image_listens_keeps_its_data_and_is_watched() {
    let (_, run) = stages();
    let environment = argument(&run, "ENV");
    for setting in ["KH_HTTP__HOST=0.0.0.0", "KH_DATA__FOLDER=/data", "KH_DATABASE__URL=sqlite:///data/"] {
        assert!(environment.contains(setting), "{setting}");
    }
    assert_eq!(argument(&run, "EXPOSE"), default_of("http.port"));
    assert!(argument(&run, "HEALTHCHECK").ends_with("CMD [\"kundenhistorie\", \"healthcheck\"]"));
}

#[test]
fn image_and_compose_set_settings_that_exist() {
    let known: BTreeSet<_> =
        settings().iter().map(|setting| format!("KH_{}", setting.name.replace('.', "__").to_uppercase())).collect();
    for file in ["Dockerfile", "compose.yaml", ".env.example"] {
        let unknown: Vec<_> = variables(&read(file)).difference(&known).cloned().collect();
        assert!(unknown.is_empty(), "{file}: {unknown:?}");
    }
    assert!(variables(&read("compose.yaml")).len() > 2);
}

#[test]
fn compose_watches_both_services_and_waits_for_the_database() {
    let compose = compose();
    for service in ["database", "kundenhistorie"] {
        assert!(!value(&compose, &format!("services.{service}.healthcheck.test")).is_empty());
        assert_eq!(value(&compose, &format!("services.{service}.restart")), "unless-stopped");
    }
    assert_eq!(value(&compose, "services.kundenhistorie.depends_on.database.condition"), "service_healthy");
    assert!(
        value(&compose, "services.kundenhistorie.healthcheck.test").contains("\"kundenhistorie\", \"healthcheck\"")
    );
    let url = value(&compose, "services.kundenhistorie.environment.KH_DATABASE__URL");
    assert!(url.starts_with("postgres://kundenhistorie:${POSTGRES_PASSWORD:?"), "{url}");
    assert!(url.ends_with("}@database:5432/kundenhistorie"), "{url}");
    let grace = value(&compose, "services.kundenhistorie.stop_grace_period");
    let seconds: u64 = grace.trim_end_matches('s').parse().unwrap();
    assert!(seconds > default_of("http.shutdown_timeout_seconds").parse().unwrap(), "{grace}");
    let (_, run) = stages();
    let port = argument(&run, "EXPOSE");
    let published = compose.iter().find(|(path, value)| path == "services.kundenhistorie.ports" && !value.is_empty());
    assert_eq!(published.unwrap().1, format!("127.0.0.1:{port}:{port}"));
}

#[test]
fn compose_keeps_its_data_in_declared_volumes() {
    let compose = compose();
    let mounts = |service: &str| -> Vec<String> {
        let path = format!("services.{service}.volumes");
        compose
            .iter()
            .filter(|(found, value)| *found == path && !value.is_empty())
            .map(|(_, value)| value.clone())
            .collect()
    };
    assert_eq!(mounts("database"), ["database:/var/lib/postgresql/data"]);
    assert_eq!(mounts("kundenhistorie"), ["data:/data"]);
    for volume in ["database", "data"] {
        assert!(compose.iter().any(|(path, _)| *path == format!("volumes.{volume}")), "{volume}");
    }
}

#[test]
fn secrets_come_from_the_environment_file_only() {
    let compose = compose();
    let example = read(".env.example");
    let given: BTreeMap<_, _> =
        example.lines().filter_map(|line| line.split_once('=')).filter(|(name, _)| !name.starts_with('#')).collect();
    for (path, value) in compose.iter().filter(|(path, _)| path.contains("PASSWORD")) {
        assert!(value.starts_with("${") && value.ends_with('}'), "{path} holds a secret");
    }
    for (path, value) in &compose {
        for reference in value.split("${").skip(1) {
            let name = reference.split([':', '}']).next().unwrap();
            assert!(given.contains_key(name), "{path} needs {name}, which .env.example does not explain");
        }
    }
    assert!(given.values().all(|value| value.is_empty()), "an example value becomes a default password");
    assert!(read(".gitignore").lines().any(|line| line == ".env"));
}

fn default_of(name: &str) -> String {
    // Not of the settings for tests: those use another port.
    let manual: toml::Table = toml::from_str(kundenhistorie::config::MANUAL).unwrap();
    let (section, key) = name.split_once('.').unwrap();
    manual[section][key].to_string()
}

/// Files compiled into the product, relative to the repository, with the source that names them.
fn included_files() -> Vec<(PathBuf, PathBuf)> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from("src"), PathBuf::from("migration/src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder)).unwrap() {
            let path = folder.join(entry.unwrap().file_name());
            if root().join(&path).is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = read(&path.to_string_lossy());
                for call in ["include_str!(\"", "include_bytes!(\""] {
                    for rest in text.split(call).skip(1) {
                        let name = rest.split('"').next().unwrap();
                        found.push((path.clone(), without_dots(&folder.join(name))));
                    }
                }
            }
        }
    }
    assert!(!found.is_empty(), "the manual of settings at least is compiled in");
    found
}

fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => assert!(plain.pop(), "{} lies outside of the repository", path.display()),
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    plain
}
