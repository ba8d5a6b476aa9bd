//! Rules about names and values of attributes.

use dotwright_model::{AttributeKey, HandlerSource, NodeId};

use crate::rule::Context;

pub(crate) mod duration_without_unit;
pub(crate) mod inert_attribute;
pub(crate) mod missing_prompt;
pub(crate) mod unknown_fidelity;
pub(crate) mod unknown_retry_target;
pub(crate) mod unknown_type;
pub(crate) mod wrong_attribute_type;

/// True when the profile knows neither the type nor the shape that is written, so that the handler is a fallback.
fn has_fallback_handler(context: &Context<'_>, node: NodeId) -> bool {
    let pipeline = context.pipeline;
    let profile = context.profile();
    if let Some(written) = pipeline.node_attribute(node, AttributeKey::TYPE).filter(|a| !a.is_blank())
        && profile.type_handler(&written.text()).is_none()
    {
        return true;
    }
    pipeline.node(node).handler_source == HandlerSource::Shape
        && pipeline
            .node_attribute(node, AttributeKey::SHAPE)
            .is_some_and(|shape| profile.shape_handler(&shape.text()).is_none())
}
