//! Sets of permissions.

use std::fmt;

use super::Permission;

/// A set of permissions, one bit each.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct PermissionSet(u64);

const _: () = assert!(Permission::ALL.len() <= u64::BITS as usize, "a permission needs a bit");

impl PermissionSet {
    /// No permission.
    pub const EMPTY: Self = Self(0);

    /// The set of these permissions.
    pub const fn of(permissions: &[Permission]) -> Self {
        let mut bits = 0;
        let mut index = 0;
        // `for` is not yet possible in a constant function.
        while index < permissions.len() {
            bits |= 1 << permissions[index] as u64;
            index += 1;
        }
        Self(bits)
    }

    /// Whether `permission` is in the set.
    pub const fn contains(self, permission: Permission) -> bool {
        self.0 & (1 << permission as u64) != 0
    }

    /// Whether every permission of `other` is in this set.
    pub const fn includes(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// What is in either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What both sets have in common; how an API key narrows its owner's rights.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The permissions in the order of [`Permission::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |permission| self.contains(*permission))
    }
}

impl FromIterator<Permission> for PermissionSet {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        permissions.into_iter().fold(Self::EMPTY, |set, permission| set.union(Self::of(&[permission])))
    }
}

impl fmt::Debug for PermissionSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.iter().map(Permission::as_str)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::permission::Role;

    #[test]
    fn sets_behave_as_sets() {
        let writers: PermissionSet = [Permission::CustomersWrite, Permission::TagsWrite].into_iter().collect();
        let all = Role::Admin.permissions();
        assert!(all.includes(writers) && !writers.includes(all) && writers.includes(PermissionSet::EMPTY));
        assert_eq!(
            writers.intersection(Role::Agent.permissions()).iter().collect::<Vec<_>>(),
            [Permission::CustomersWrite]
        );
        assert_eq!(format!("{writers:?}"), r#"{"customers:write", "tags:write"}"#);
        assert_eq!(all.iter().count(), Permission::ALL.len());
    }
}
