use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use secrecy::ExposeSecret;

use super::rules::{RULES, Rule};
use super::{Config, ConfigError, LogFormat, MANUAL, Problem, Setting, SqliteSynchronous};

fn load(file: Option<&str>, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let variables: Vec<_> = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
    let Some(text) = file else { return Config::from_sources(None, variables) };
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    Config::from_sources(Some(file.path()), variables)
}

fn problems(file: Option<&str>, variables: &[(&str, &str)]) -> Vec<Problem> {
    match load(file, variables) {
        Err(ConfigError::Settings(problems)) => problems,
        other => panic!("expected problems, found {other:?}"),
    }
}

/// `name: detail` of the only problem.
fn problem(file: Option<&str>, variables: &[(&str, &str)]) -> String {
    let problems = problems(file, variables);
    assert_eq!(problems.len(), 1, "{problems:?}");
    format!("{}: {}", problems[0].name, problems[0].detail)
}

fn effective(config: &Config) -> BTreeMap<&'static str, &Setting> {
    config.effective().iter().map(|setting| (setting.name, setting)).collect()
}

#[test]
fn the_manual_and_the_table_name_the_same_settings_in_the_same_order() {
    let mut section = "";
    let mut named = Vec::new();
    for line in MANUAL.lines().filter(|line| !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
        } else if let Some((key, _)) = line.split_once(" = ") {
            named.push(format!("{section}.{key}"));
        }
    }
    assert_eq!(named, RULES.iter().map(|(name, _)| *name).collect::<Vec<_>>());
}

#[test]
fn support_is_there_in_the_hours_that_are_set() {
    let at = |text: &str| crate::domain::instant::Instant::parse(text).unwrap();
    let hours = [("KH_SUPPORT__BUSINESS_HOURS", "sat 10:00-14:00, mon-fri 08:00-18:00")];
    for (variables, due) in [(&[][..], "2026-11-23T08:30:00Z"), (&hours, "2026-11-21T09:30:00Z")] {
        let levels = load(None, variables).unwrap().support.service_levels();
        // A Friday evening.
        assert_eq!(levels.working_time.due(at("2026-11-20T18:00:00Z"), 30), Some(at(due)));
    }
    let none = problem(None, &[("KH_SUPPORT__BUSINESS_HOURS", "")]);
    assert_eq!(none, "support.business_hours: expected at least one opening");
    let wrong = problem(None, &[("KH_SUPPORT__BUSINESS_HOURS", "mon-fri 9-17")]);
    assert!(wrong.contains("each days and hours such as"), "{wrong}");
    for (name, value) in [
        ("KH_SUPPORT__TIME_ZONE", "Berlin"),
        ("KH_SUPPORT__HOLIDAYS", "BY"),
        ("KH_SUPPORT__CLOSED_ON", "24.12."),
        ("KH_SUPPORT__ESCALATION_LEVELS", "4"),
    ] {
        problem(None, &[(name, value)]);
    }
}

#[test]
fn the_manual_explains_every_setting_and_states_the_bounds_of_every_number() {
    for (name, rule) in RULES {
        let (section, key) = name.split_once('.').unwrap();
        let section = MANUAL.split_once(&format!("[{section}]\n")).unwrap().1;
        let before = section.split_once(&format!("\n{key} = ")).map_or("", |(before, _)| before);
        let comment: Vec<_> = before.lines().rev().take_while(|line| line.starts_with('#')).collect();
        assert!(!comment.is_empty(), "{name} is not explained");
        if let Rule::Whole(bounds) = rule {
            let bounds = format!("({} to {})", bounds.start(), bounds.end());
            assert!(comment[0].ends_with(&bounds), "{name}: {bounds} is missing");
        }
    }
}

#[test]
fn defaults_are_in_effect_without_any_source() {
    let config = load(None, &[]).unwrap();
    assert_eq!((config.http.host.as_str(), config.http.port), ("127.0.0.1", 8080));
    assert_eq!(config.http.public_url, None);
    assert_eq!(config.database.url.expose_secret(), "sqlite://./data/kundenhistorie.db");
    assert_eq!(config.database.sqlite_synchronous, SqliteSynchronous::Full);
    assert_eq!(config.telemetry.log_format, LogFormat::Text);
    assert!(config.admin.email.is_none() && config.admin.password.is_none());
    assert_eq!(config.effective().len(), RULES.len());
    assert!(config.effective().iter().all(|setting| setting.origin == "default"));
}

#[test]
fn a_variable_wins_over_the_file_and_the_file_over_the_default() {
    let file = "[http]\nport = 9000\nhost = '0.0.0.0'\npublic_url = 'https://kh.example.de/'\n[auth]\nissuer = 'a'";
    let config = load(Some(file), &[("KH_HTTP__PORT", "9001"), ("KH_CONFIG", "x"), ("PATH", "y")]).unwrap();
    assert_eq!((config.http.host.as_str(), config.http.port), ("0.0.0.0", 9001));
    assert_eq!(config.http.public_url.as_deref(), Some("https://kh.example.de"));
    assert_eq!((config.auth.issuer.as_str(), config.auth.access_token_seconds), ("a", 900));
    let shown = effective(&config);
    assert_eq!((shown["http.port"].value.as_str(), shown["http.port"].origin.as_str()), ("9001", "KH_HTTP__PORT"));
    assert!(shown["http.host"].origin.starts_with("file /"));
    assert_eq!(shown["http.workers"].origin, "default");
}

#[test]
fn variables_carry_every_kind_of_value() {
    let config = load(
        None,
        &[
            ("KH_HTTP__COMPRESSION", "false"),
            ("KH_HTTP__CORS_ALLOWED_ORIGINS", "https://a.example.de, https://b.example.de"),
            ("KH_HTTP__TRUSTED_PROXIES", "10.0.0.0/8"),
            ("KH_AUTH__ISSUER", "12345"),
            ("KH_TELEMETRY__LOG_FORMAT", "json"),
            ("KH_ADMIN__EMAIL", ""),
            ("KH_TEST_POSTGRES_URL", "postgres://localhost"),
        ],
    )
    .unwrap();
    assert!(!config.http.compression);
    assert_eq!(config.http.cors_allowed_origins, ["https://a.example.de", "https://b.example.de"]);
    assert!(config.http.trusted_proxies[0].contains("10.1.1.1".parse().unwrap()));
    assert_eq!(config.auth.issuer, "12345");
    assert_eq!(config.telemetry.log_format, LogFormat::Json);
    assert_eq!(config.admin.email, None);
    let proxies = &effective(&config)["http.trusted_proxies"];
    assert_eq!(proxies.value, "[\"10.0.0.0/8\"]");
}

#[test]
fn unknown_settings_are_named_with_what_was_probably_meant() {
    assert_eq!(
        problem(Some("[http]\nprot = 1"), &[]),
        "http.prot: unknown setting; did you mean http.port (KH_HTTP__PORT)?"
    );
    assert_eq!(
        problem(None, &[("KH_HTTP_PORT", "1")]),
        "http_port: unknown setting; did you mean http.port (KH_HTTP__PORT)?"
    );
    assert_eq!(
        problem(Some("[http]\nissuer = 'x'"), &[]),
        "http.issuer: unknown setting; did you mean auth.issuer (KH_AUTH__ISSUER)?"
    );
    assert!(problem(Some("colour = 'red'"), &[]).contains("lists them all"));
    assert!(problem(Some("[htpp]"), &[]).contains("unknown field"));
    assert!(problem(None, &[("KH_", "x")]).contains("unknown setting"));
    assert!(problem(None, &[("KH_http__port", "1")]).contains("KH_HTTP__PORT"));
}

#[test]
fn wrong_values_are_named_with_their_origin_and_what_was_expected() {
    assert_eq!(
        problem(None, &[("KH_HTTP__PORT", "99999")]),
        "http.port: expected a whole number from 0 to 65535, found 99999"
    );
    assert_eq!(
        problem(Some("[http]\ncompression = 'yes'"), &[]),
        "http.compression: expected true or false, found \"yes\""
    );
    assert_eq!(
        problem(None, &[("KH_DATABASE__SQLITE_SYNCHRONOUS", "off")]),
        "database.sqlite_synchronous: expected one of full, normal, found \"off\""
    );
    assert_eq!(problem(Some("http = 1"), &[]), "http: expected a section [http], found 1");
    assert!(problem(None, &[("KH_HTTP__TRUSTED_PROXIES", "10.0.0.0/8,proxy")]).contains("expected a list, each"));
    assert!(problem(None, &[("KH_TELEMETRY__LOG_LEVEL", "inf")]).contains("log_level"));
    let several = problems(Some("[http]\nport = 'x'\ncolour = 1"), &[("KH_HTTP__WORKERS", "-1")]);
    assert_eq!(
        several.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(),
        ["http.colour", "http.port", "http.workers"]
    );
    assert_eq!(several[2].origin, "KH_HTTP__WORKERS");
}

#[test]
fn the_first_administrator_needs_both_settings_and_a_long_password() {
    let email = ("KH_ADMIN__EMAIL", "chefin@example.de");
    let loaded = load(None, &[email, ("KH_ADMIN__PASSWORD", "123456789012")]).unwrap();
    assert_eq!(loaded.admin.password.unwrap().expose_secret(), "123456789012");
    assert!(problem(None, &[email]).contains("KH_ADMIN__PASSWORD"));
    let short = problems(None, &[email, ("KH_ADMIN__PASSWORD", "zu-kurz")]);
    assert_eq!(short[0].origin, "KH_ADMIN__PASSWORD");
    assert!(!short[0].to_string().contains("zu-kurz"));
}

#[test]
fn files_that_cannot_be_used_are_named_without_quoting_them() {
    let missing = Config::from_sources(Some(Path::new("/nowhere/kh.toml")), []).unwrap_err();
    assert!(missing.to_string().contains("/nowhere/kh.toml"), "{missing}");
    let broken = load(Some("[admin]\nemail = 'a@b.de'\npassword = \"geheim\n"), &[]).unwrap_err().to_string();
    assert!(broken.contains("line 3") && !broken.contains("geheim"), "{broken}");
}

#[test]
fn secrets_are_never_shown() {
    let config = load(
        None,
        &[
            ("KH_ADMIN__EMAIL", "chefin@example.de"),
            ("KH_ADMIN__PASSWORD", "streng-geheim"),
            ("KH_DATABASE__URL", "postgres://kh:streng-geheim@db/kh"),
        ],
    )
    .unwrap();
    assert!(!format!("{config:?}").contains("streng-geheim"));
    let shown = effective(&config);
    assert_eq!(shown["admin.password"].value, "\"***\"");
    assert_eq!(shown["database.url"].value, "\"postgres://kh:***@db/kh\"");
    for wrong in ["mysql://kh:streng-geheim@db", "streng-geheim@"] {
        let error = load(None, &[("KH_DATABASE__URL", wrong)]).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("streng-geheim"), "{error}");
    }
    let error = load(Some("[admin]\npassword = 4711\n[database]\nurl = ['streng-geheim']"), &[]).unwrap_err();
    assert!(!error.to_string().contains("4711") && !error.to_string().contains("streng-geheim"), "{error}");
}

#[test]
fn tests_get_cheap_hashing_and_a_free_port() {
    let config = Config::for_tests("sqlite:///tmp/x.db", Path::new("/tmp/x")).unwrap();
    assert_eq!((config.http.port, config.rate_limit.enabled), (0, false));
    assert!(config.auth.hashing_memory_kib < 1024);
    assert_eq!(config.data.folder, Path::new("/tmp/x"));
}
