//! Fields a business defines itself.

crate::record! {
    "custom_field_definitions" {
        /// What has the field.
        resource: String,
        /// How records name it, unique for the resource.
        key: String,
        /// What its values are.
        kind: String,
        /// Its place among the fields of the resource.
        position: i64,
    }
}
