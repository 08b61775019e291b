//! From where somebody calls.

use std::net::IpAddr;

/// Longest name of a program that is kept, in characters.
const USER_AGENT_MAX: usize = 200;

/// The other end of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Client {
    /// Network address: the peer's, or the one a trusted proxy tells.
    pub address: Option<IpAddr>,
    /// The program, as it names itself.
    pub user_agent: Option<String>,
}

impl Client {
    /// A caller; what is no text in the name of the program is left out.
    pub fn new(address: Option<IpAddr>, user_agent: Option<&str>) -> Self {
        let clean = |name: &str| name.chars().filter(|letter| !letter.is_control()).take(USER_AGENT_MAX).collect();
        let user_agent: Option<String> = user_agent.map(clean);
        Self { address, user_agent: user_agent.filter(|name| !name.is_empty()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_programs_are_short_and_printable() {
        let named = |name: &str| Client::new(None, Some(name)).user_agent;
        assert_eq!(named("curl/8.5.0"), Some("curl/8.5.0".to_owned()));
        assert_eq!(named("a\u{0}b\nc"), Some("abc".to_owned()));
        assert_eq!(named("\r\n"), None);
        assert_eq!(named(&"ä".repeat(1000)).unwrap().chars().count(), USER_AGENT_MAX);
    }
}
