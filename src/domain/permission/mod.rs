//! Who may do what: permissions, the roles that bundle them, and the one table between the two.

mod set;

use std::fmt;

pub use set::PermissionSet;

/// A name that stands for no permission or role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownName(pub String);

impl fmt::Display for UnknownName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "unknown name '{}'", self.0)
    }
}

impl std::error::Error for UnknownName {}

/// An enum whose members have stable names on the wire; `tt` because utoipa does not read a `literal` in an attribute.
macro_rules! named {
    ($(#[$outer:meta])* $name:ident { $($(#[doc = $doc:literal])* $variant:ident $wire:tt,)* }) => {
        $(#[$outer])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
        )]
        pub enum $name { $($(#[doc = $doc])* #[serde(rename = $wire)] $variant,)* }

        impl $name {
            /// Every member, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The stable name on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $wire,)* }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::domain::permission::UnknownName;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                let member = Self::ALL.iter().copied().find(|member| member.as_str() == name);
                member.ok_or_else(|| $crate::domain::permission::UnknownName(name.to_owned()))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }
    };
}

pub(crate) use named;

named! {
    /// The right to do one thing with one kind of record, written `resource:action`.
    /// Also an OAuth 2.0 scope (RFC 6749, section 3.3).
    Permission {
        /// Read customers.
        CustomersRead "customers:read",
        /// Create, change, archive and restore customers.
        CustomersWrite "customers:write",
        /// Restrict the processing of a customer's data, and lift that again.
        CustomersRestrict "customers:restrict",
        /// Read relationships between customers, company trees and households.
        RelationshipsRead "relationships:read",
        /// Create, change, end, archive and restore relationships.
        RelationshipsWrite "relationships:write",
        /// Read interactions.
        InteractionsRead "interactions:read",
        /// Log, change, archive and restore interactions.
        InteractionsWrite "interactions:write",
        /// Read the timeline.
        TimelineRead "timeline:read",
        /// Append events of own kinds.
        TimelineAppend "timeline:append",
        /// Correct an event by a later one.
        TimelineCorrect "timeline:correct",
        /// Recompute the hash chain.
        TimelineVerify "timeline:verify",
        /// Read checkpoints.
        CheckpointsRead "checkpoints:read",
        /// Make a checkpoint now.
        CheckpointsWrite "checkpoints:write",
        /// Read own event types.
        EventTypesRead "event_types:read",
        /// Register and change own event types.
        EventTypesWrite "event_types:write",
        /// Read which custom fields there are, and the names of values.
        CustomFieldsRead "custom_fields:read",
        /// Define, change and archive custom fields, and name values otherwise.
        CustomFieldsWrite "custom_fields:write",
        /// Read tasks.
        TasksRead "tasks:read",
        /// Create, change, complete and archive tasks.
        TasksWrite "tasks:write",
        /// Read the catalogue of products.
        ProductsRead "products:read",
        /// Create, change, discontinue and archive products.
        ProductsWrite "products:write",
        /// Read opportunities, quotes, orders, deliveries, contracts and what customers own.
        SalesRead "sales:read",
        /// Create, change and archive opportunities, quotes, orders, deliveries, contracts and what customers own, and
        /// tell what became of them.
        SalesWrite "sales:write",
        /// Read invoices, payments and dunning notices.
        FinanceRead "finance:read",
        /// Record invoices, payments and dunning notices, and tell what became of them.
        FinanceWrite "finance:write",
        /// Read tickets and feedback.
        SupportRead "support:read",
        /// Take, answer and resolve tickets and feedback.
        SupportWrite "support:write",
        /// Read campaigns, loyalty memberships and referrals.
        MarketingRead "marketing:read",
        /// Record campaigns and whom they reached, loyalty memberships and referrals.
        MarketingWrite "marketing:write",
        /// Read consents.
        ConsentsRead "consents:read",
        /// Record that consents are granted and withdrawn.
        ConsentsWrite "consents:write",
        /// Read documents and their content.
        DocumentsRead "documents:read",
        /// Store, change and archive documents.
        DocumentsWrite "documents:write",
        /// Read projects.
        ProjectsRead "projects:read",
        /// Create, change and archive projects, and tell how far they are.
        ProjectsWrite "projects:write",
        /// Read tags.
        TagsRead "tags:read",
        /// Create, rename, merge and archive tags.
        TagsWrite "tags:write",
        /// Read who can own records: names, no addresses.
        OwnersRead "owners:read",
        /// Read users.
        UsersRead "users:read",
        /// Create, change and disable users.
        UsersWrite "users:write",
        /// Read sign-ins, refusals and sensitive reads.
        SecurityEventsRead "security_events:read",
    }
}

named! {
    /// A named set of permissions; each user has exactly one.
    Role {
        /// Everything, users included.
        Admin "admin",
        /// All records, the vocabulary of tags and event types, and who the colleagues are.
        Manager "manager",
        /// Daily work with customers.
        Agent "agent",
        /// Reads every record, changes none.
        ReadOnly "read_only",
        /// Another system: keeps records in step and appends events of own kinds.
        Integration "integration",
        /// Data protection: reads what is kept about a person, restricts its processing.
        Privacy "privacy",
        /// Examines: history, verification and security events; changes nothing.
        Auditor "auditor",
    }
}

impl Role {
    /// What this role may do. The one place where that is decided.
    pub const fn permissions(self) -> PermissionSet {
        use Permission::*;
        match self {
            Self::Admin => PermissionSet::of(Permission::ALL),
            Self::Manager => {
                Self::Agent.and(&[EventTypesWrite, CustomFieldsWrite, ProductsWrite, TagsWrite, UsersRead])
            }
            Self::Agent => Self::ReadOnly.and(&[
                CustomersWrite,
                RelationshipsWrite,
                InteractionsWrite,
                TasksWrite,
                SalesWrite,
                FinanceWrite,
                SupportWrite,
                MarketingWrite,
                ConsentsWrite,
                DocumentsWrite,
                ProjectsWrite,
                TimelineAppend,
                TimelineCorrect,
            ]),
            Self::ReadOnly => PermissionSet::of(&[
                CustomersRead,
                RelationshipsRead,
                InteractionsRead,
                TasksRead,
                TimelineRead,
                TimelineVerify,
                CheckpointsRead,
                EventTypesRead,
                CustomFieldsRead,
                ProductsRead,
                SalesRead,
                FinanceRead,
                SupportRead,
                MarketingRead,
                ConsentsRead,
                DocumentsRead,
                ProjectsRead,
                TagsRead,
                OwnersRead,
            ]),
            // A system appends what it knows; deciding that the history is wrong is left to people.
            Self::Integration => Self::ReadOnly.and(&[
                CustomersWrite,
                RelationshipsWrite,
                InteractionsWrite,
                TasksWrite,
                TimelineAppend,
                EventTypesWrite,
                ProductsWrite,
                SalesWrite,
                FinanceWrite,
                SupportWrite,
                MarketingWrite,
                ConsentsWrite,
                DocumentsWrite,
                ProjectsWrite,
                TagsWrite,
            ]),
            // Restricting the processing of a person's data (GDPR, article 18) changes the customer.
            Self::Privacy => Self::ReadOnly.and(&[CustomersWrite, CustomersRestrict, ConsentsWrite]),
            Self::Auditor => Self::ReadOnly.and(&[SecurityEventsRead]),
        }
    }

    const fn and(self, more: &[Permission]) -> PermissionSet {
        self.permissions().union(PermissionSet::of(more))
    }

    /// Whether this role includes `permission`.
    pub const fn may(self, permission: Permission) -> bool {
        self.permissions().contains(permission)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole policy as people read it: a change of any cell must be made here as well.
    const MATRIX: &str = "permission           admin manager agent read_only integration privacy auditor
customers:read       yes   yes     yes   yes       yes         yes     yes
customers:write      yes   yes     yes   -         yes         yes     -
customers:restrict   yes   -       -     -         -           yes     -
relationships:read   yes   yes     yes   yes       yes         yes     yes
relationships:write  yes   yes     yes   -         yes         -       -
interactions:read    yes   yes     yes   yes       yes         yes     yes
interactions:write   yes   yes     yes   -         yes         -       -
timeline:read        yes   yes     yes   yes       yes         yes     yes
timeline:append      yes   yes     yes   -         yes         -       -
timeline:correct     yes   yes     yes   -         -           -       -
timeline:verify      yes   yes     yes   yes       yes         yes     yes
checkpoints:read     yes   yes     yes   yes       yes         yes     yes
checkpoints:write    yes   -       -     -         -           -       -
event_types:read     yes   yes     yes   yes       yes         yes     yes
event_types:write    yes   yes     -     -         yes         -       -
custom_fields:read   yes   yes     yes   yes       yes         yes     yes
custom_fields:write  yes   yes     -     -         -           -       -
tasks:read           yes   yes     yes   yes       yes         yes     yes
tasks:write          yes   yes     yes   -         yes         -       -
products:read        yes   yes     yes   yes       yes         yes     yes
products:write       yes   yes     -     -         yes         -       -
sales:read           yes   yes     yes   yes       yes         yes     yes
sales:write          yes   yes     yes   -         yes         -       -
finance:read         yes   yes     yes   yes       yes         yes     yes
finance:write        yes   yes     yes   -         yes         -       -
support:read         yes   yes     yes   yes       yes         yes     yes
support:write        yes   yes     yes   -         yes         -       -
marketing:read       yes   yes     yes   yes       yes         yes     yes
marketing:write      yes   yes     yes   -         yes         -       -
consents:read        yes   yes     yes   yes       yes         yes     yes
consents:write       yes   yes     yes   -         yes         yes     -
documents:read       yes   yes     yes   yes       yes         yes     yes
documents:write      yes   yes     yes   -         yes         -       -
projects:read        yes   yes     yes   yes       yes         yes     yes
projects:write       yes   yes     yes   -         yes         -       -
tags:read            yes   yes     yes   yes       yes         yes     yes
tags:write           yes   yes     -     -         yes         -       -
owners:read          yes   yes     yes   yes       yes         yes     yes
users:read           yes   yes     -     -         -           -       -
users:write          yes   -       -     -         -           -       -
security_events:read yes   -       -     -         -           -       yes
";

    fn matrix() -> String {
        let mut lines =
            vec![Role::ALL.iter().fold(format!("{:<20}", "permission"), |line, role| line + " " + role.as_str())];
        for permission in Permission::ALL {
            lines.push(Role::ALL.iter().fold(format!("{:<20}", permission.as_str()), |line, role| {
                let cell = if role.may(*permission) { "yes" } else { "-" };
                format!("{line} {cell:<width$}", width = role.as_str().len())
            }));
        }
        lines.iter().map(|line| line.trim_end().to_owned() + "\n").collect()
    }

    #[test]
    fn the_matrix_is_the_one_written_down() {
        let matrix = matrix();
        assert_eq!(matrix, MATRIX, "the rights are now:\n{matrix}");
    }

    #[test]
    fn who_may_write_may_also_read() {
        for role in Role::ALL {
            for permission in role.permissions().iter() {
                let resource = permission.as_str().split(':').next().unwrap();
                let read: Permission = format!("{resource}:read").parse().unwrap();
                assert!(role.may(read), "{role} may {permission} but not {read}");
            }
        }
    }

    #[test]
    fn observing_roles_write_nothing() {
        for role in [Role::ReadOnly, Role::Auditor] {
            for permission in role.permissions().iter() {
                let action = permission.as_str().split(':').nth(1).unwrap();
                assert!(matches!(action, "read" | "verify"), "{role} may {permission}");
            }
        }
    }

    #[test]
    fn names_survive_the_wire() {
        for permission in Permission::ALL {
            assert_eq!(permission.as_str().parse(), Ok(*permission));
            assert_eq!(serde_json::to_value(permission).unwrap(), permission.as_str());
        }
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(*role));
            assert_eq!(serde_json::from_str::<Role>(&format!("\"{role}\"")).unwrap(), *role);
        }
        assert_eq!("Admin".parse::<Role>(), Err(UnknownName("Admin".into())));
        assert_eq!("customers:*".parse::<Permission>(), Err(UnknownName("customers:*".into())));
    }

    #[test]
    fn the_document_lists_the_wire_names() {
        use utoipa::ToSchema;
        let schema = serde_json::to_value(<Role as utoipa::PartialSchema>::schema()).unwrap();
        let expected: Vec<_> = Role::ALL.iter().map(|role| role.as_str()).collect();
        assert_eq!(schema["enum"], serde_json::json!(expected));
        assert_eq!(<Role as ToSchema>::name(), "Role");
    }
}
