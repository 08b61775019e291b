//! Who counts as one caller when only the address is known.

use std::net::{IpAddr, Ipv6Addr};

/// The part of an address that one subscriber cannot change at will: all of an IPv4 address, the first 64 bits of an
/// IPv6 address (RFC 4291, section 2.5.4; whoever holds one has 2^64 of them). IPv4 in IPv6 form counts as IPv4.
pub fn caller_network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_are_told_apart_by_what_they_cannot_choose() {
        for (address, network) in [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::"),
            ("2001:db8:1:3::1", "2001:db8:1:3::"),
            ("::1", "::"),
        ] {
            let expected: IpAddr = network.parse().unwrap();
            assert_eq!(caller_network(address.parse().unwrap()), expected, "{address}");
        }
    }
}
