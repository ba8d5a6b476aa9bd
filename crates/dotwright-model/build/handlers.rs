//! `data/handlers.toml`: names of the handlers and the base shape table.

use serde::Deserialize;

use crate::{
    emit,
    source::{self, Place},
};

const FILE: &str = "data/handlers.toml";

/// The variants of `Handler`, in the order of the enum.
const VARIANTS: [&str; 10] =
    ["Start", "Exit", "Codergen", "Tool", "Conditional", "Human", "Parallel", "FanIn", "Manager", "Custom"];

/// The variant that stands for every handler without a variant of its own.
const CUSTOM: &str = "Custom";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    r#type: String,
    noun: String,
    shape: Option<String>,
    docs: String,
}

pub(crate) struct Handlers(Vec<(&'static str, Row)>);

impl Handlers {
    pub(crate) fn read() -> Result<Self, String> {
        let mut tables = source::read(FILE)?;
        let mut rows = Vec::new();
        for variant in VARIANTS {
            let table = tables.remove(variant).ok_or_else(|| format!("{FILE}: [{variant}] is missing"))?;
            rows.push((variant, Place::new(FILE, variant).row(table)?));
        }
        match tables.keys().next() {
            Some(table) => Err(format!("{FILE}: [{table}] is no variant of `Handler`")),
            None => Ok(Handlers(rows)),
        }
    }

    /// The path expression of the handler with this type name.
    pub(crate) fn path(&self, type_name: &str) -> Result<String, String> {
        self.0
            .iter()
            .find(|(_, row)| row.r#type == type_name)
            .map(|(variant, _)| format!("Handler::{variant}"))
            .ok_or_else(|| format!("`{type_name}` is no type name in {FILE}"))
    }

    /// The base shape table as pairs of shape and type name.
    pub(crate) fn base_shapes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(|(_, row)| Some((row.shape.as_deref()?, row.r#type.as_str())))
    }

    /// Type names that every profile starts from.
    pub(crate) fn base_types(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|(variant, _)| *variant != CUSTOM).map(|(_, row)| row.r#type.as_str())
    }

    pub(crate) fn emit(&self) -> String {
        let arms = |text: fn(&Row) -> String| {
            let arms = self.0.iter().map(|(variant, row)| format!("Handler::{variant} => {},\n", text(row)));
            arms.collect::<String>()
        };
        let all = self.0.iter().map(|(variant, _)| format!("Handler::{variant}"));
        let all = all.collect::<Vec<_>>().join(", ");
        let by_name =
            self.0.iter().map(|(variant, row)| format!("{:?} => Some(Handler::{variant}),\n", row.r#type));
        format!(
            "impl Handler {{
    /// Every handler, in the order of the declaration.
    pub const ALL: [Handler; {}] = [{all}];
    /// The base spec's value of `type`; `custom` for what has none.
    pub const fn type_name(self) -> &'static str {{ match self {{ {} }} }}
    /// What messages call such a node.
    pub const fn noun(self) -> &'static str {{ match self {{ {} }} }}
    /// What it does, in one sentence.
    pub const fn docs(self) -> &'static str {{ match self {{ {} }} }}
    /// The shape of the base table.
    pub const fn shape(self) -> Option<&'static str> {{ match self {{ {} }} }}
    /// The handler with this [`Handler::type_name`]. Files are read through the profile instead.
    pub fn from_type_name(name: &str) -> Option<Handler> {{ match name {{ {} _ => None }} }}
}}",
            self.0.len(),
            arms(|row| format!("{:?}", row.r#type)),
            arms(|row| format!("{:?}", row.noun)),
            arms(|row| format!("{:?}", row.docs)),
            arms(|row| emit::option(row.shape.as_ref().map(|shape| format!("{shape:?}")))),
            by_name.collect::<String>(),
        )
    }
}
