//! Settings as they may be shown: without the secrets in them.

/// What stands in place of a secret.
pub(super) const MASK: &str = "***";

/// Query parameters of database addresses that tell nothing secret; every other value is masked.
const HARMLESS_PARAMETERS: &[&str] =
    &["application_name", "cache", "dbname", "host", "hostaddr", "immutable", "mode", "port", "sslmode", "user", "vfs"];

/// A secret text: whether it is set, and nothing else.
pub(super) fn mask(text: &str) -> &str {
    if text.is_empty() { "" } else { MASK }
}

/// A database address without its password.
///
/// Malformed addresses must not leak either, so the password is taken to reach to the *last* `@`, wherever it is.
pub(super) fn mask_database_url(url: &str) -> String {
    let authority = url.find("://").map_or(0, |position| position + 3);
    let (scheme, rest) = url.split_at(authority);
    let (user, rest) = match rest.rsplit_once('@') {
        None => (String::new(), rest),
        Some((credentials, rest)) => match credentials.split_once(':') {
            None => (format!("{credentials}@"), rest),
            Some((user, _)) => (format!("{user}:{MASK}@"), rest),
        },
    };
    let Some((place, query)) = rest.split_once('?') else { return format!("{scheme}{user}{rest}") };
    let parameters: Vec<String> = query
        .split('&')
        .map(|parameter| match parameter.split_once('=') {
            Some((name, _)) if HARMLESS_PARAMETERS.contains(&name) => parameter.to_owned(),
            Some((name, _)) => format!("{name}={MASK}"),
            None => mask(parameter).to_owned(),
        })
        .collect();
    format!("{scheme}{user}{place}?{}", parameters.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_in_database_addresses_are_masked() {
        for (url, shown) in [
            ("sqlite://./data/kundenhistorie.db", "sqlite://./data/kundenhistorie.db"),
            ("sqlite://x.db?mode=rwc", "sqlite://x.db?mode=rwc"),
            ("postgres://kh:geheim@db:5432/kh", "postgres://kh:***@db:5432/kh"),
            ("postgres://kh@db/kh", "postgres://kh@db/kh"),
            ("postgres://:geheim@db/kh", "postgres://:***@db/kh"),
            ("postgres://kh:ge@he/i?m@db/kh", "postgres://kh:***@db/kh"),
            ("postgres://kh:geheim@db/kh?sslmode=require", "postgres://kh:***@db/kh?sslmode=require"),
            ("postgres://db/kh?user=kh&password=geheim", "postgres://db/kh?user=kh&password=***"),
            ("postgres://db/kh?p%61ssword=geheim", "postgres://db/kh?p%61ssword=***"),
            ("postgres://db/kh?geheim", "postgres://db/kh?***"),
            ("kh:geheim@db", "kh:***@db"),
        ] {
            assert_eq!(mask_database_url(url), shown);
        }
    }
}
