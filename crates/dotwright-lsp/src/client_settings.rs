//! Settings that the client sends: in `initializationOptions`, in `workspace/configuration` for each root, or with
//! `workspace/didChangeConfiguration`. All are optional, and they win over `dotwright.toml`.

use dotwright_config::Overrides;
use dotwright_ide::HintKinds;
use dotwright_lint::{Layer, Preset, Resolved, Selector, resolve_name};
use dotwright_model::Profile;
use serde::Deserialize;
use serde_json::Value;

/// The settings of one root, or of all.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ClientSettings {
    /// The runner whose reading counts.
    pub(crate) profile: Option<String>,
    /// The set of rules to start from.
    pub(crate) preset: Option<String>,
    /// Rules and categories to add.
    pub(crate) select: Vec<String>,
    /// Rules and categories to leave out.
    pub(crate) ignore: Vec<String>,
    /// True when nobody answers human gates.
    pub(crate) unattended: bool,
    /// Whether saving applies safe fixes.
    pub(crate) fix_on_save: bool,
    /// Whether saving formats.
    pub(crate) format_on_save: bool,
    /// Which inlay hints are shown.
    pub(crate) inlay_hints: InlayHintSettings,
    /// Whether code lenses are shown.
    pub(crate) code_lens: Option<bool>,
}

/// Which inlay hints are shown; each is as in [`HintKinds`] unless it is set.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct InlayHintSettings {
    handler: Option<bool>,
    model: Option<bool>,
    timeout: Option<bool>,
    attempts: Option<bool>,
    order: Option<bool>,
    target_label: Option<bool>,
}

impl ClientSettings {
    /// Reads settings wherever a client puts them: bare, or below `dotwright` or `settings`. Without a word about
    /// settings, as in `null`, there are none.
    ///
    /// # Errors
    /// A sentence for the user when a setting has the wrong type or names nothing.
    pub(crate) fn read(value: &Value) -> Result<Option<ClientSettings>, String> {
        let inner = value.get("settings").unwrap_or(value);
        let inner = inner.get("dotwright").unwrap_or(inner);
        if !inner.is_object() {
            return Ok(None);
        }
        let settings = ClientSettings::deserialize(inner)
            .map_err(|error| format!("the settings of `dotwright` cannot be read: {error}"))?;
        settings.check()?;
        Ok(Some(settings))
    }

    fn check(&self) -> Result<(), String> {
        if let Some(name) = self.profile.as_ref().filter(|name| Profile::by_name(name).is_none()) {
            return Err(format!("`{name}` in the setting `dotwright.profile` is no profile"));
        }
        if let Some(name) = self.preset.as_ref().filter(|name| Preset::from_name(name).is_none()) {
            return Err(format!("`{name}` in the setting `dotwright.preset` is no preset"));
        }
        let mut names = self.select.iter().chain(&self.ignore);
        match names.find(|name| matches!(resolve_name(name), Resolved::Unknown(_))) {
            Some(name) => Err(format!("`{name}` in the settings of `dotwright` is no rule")),
            None => Ok(()),
        }
    }

    /// What wins over `dotwright.toml`.
    pub(crate) fn overrides(&self) -> Overrides {
        Overrides {
            profile: self.profile.as_deref().and_then(Profile::by_name),
            preset: self.preset.as_deref().and_then(Preset::from_name),
            layer: Layer {
                select: selectors(&self.select),
                ignore: selectors(&self.ignore),
                severity: Vec::new(),
            },
            unattended: self.unattended,
            ..Overrides::default()
        }
    }

    /// The inlay hints to show.
    pub(crate) fn hints(&self) -> HintKinds {
        let (set, default) = (&self.inlay_hints, HintKinds::default());
        HintKinds {
            handler: set.handler.unwrap_or(default.handler),
            model: set.model.unwrap_or(default.model),
            timeout: set.timeout.unwrap_or(default.timeout),
            attempts: set.attempts.unwrap_or(default.attempts),
            order: set.order.unwrap_or(default.order),
            target_label: set.target_label.unwrap_or(default.target_label),
        }
    }
}

fn selectors(names: &[String]) -> Vec<Selector> {
    let resolved = names.iter().map(|name| resolve_name(name));
    resolved
        .flat_map(|resolved| match resolved {
            Resolved::Selectors(selectors) => selectors,
            Resolved::Unknown(_) => Vec::new(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::ClientSettings;

    #[test]
    fn settings_are_found_wherever_clients_put_them() {
        let profile = |value| ClientSettings::read(&value).unwrap().and_then(|settings| settings.profile);
        assert_eq!(profile(json!({ "profile": "fabro" })).as_deref(), Some("fabro"));
        assert_eq!(profile(json!({ "settings": { "profile": "fabro" } })).as_deref(), Some("fabro"));
        assert_eq!(profile(json!({ "dotwright": { "profile": "fabro" } })).as_deref(), Some("fabro"));
        assert_eq!(profile(json!(null)), None);
    }

    #[test]
    fn settings_that_name_nothing_are_refused_with_the_name() {
        let error = ClientSettings::read(&json!({ "select": ["no-such-rule"] })).unwrap_err();
        assert!(error.contains("`no-such-rule`"), "{error}");
    }

    #[test]
    fn single_hints_can_be_switched_off() {
        let settings = ClientSettings::read(&json!({ "inlayHints": { "model": false } })).unwrap().unwrap();
        assert!(!settings.hints().model && settings.hints().handler);
    }
}
