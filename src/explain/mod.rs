//! Where every rendered line comes from: the template line that printed it, the chain of includes that led there, the
//! values that it is made of with file, line and layer, and the values that decided it.
//!
//! [`explain`] renders a chart while a [`record::Recorder`] watches, and gives a [`Map`] to ask questions of:
//! [`Map::line`] for a line, [`Map::bytes`] for a stretch, [`Map::keys`] for the values. What a key was in each layer
//! is in [`layers`]. Nothing of this costs a plain render anything.

mod flow;
mod jinja;
pub mod keys;
pub mod layers;
pub mod map;
pub mod object;
mod reader;
pub mod record;
mod resolve;
mod slots;
pub mod unguarded;
pub mod usage;
mod written;

use crate::chart::Chart;
use crate::diag::log::Log;
use crate::render::{Options, RenderError, Rendered, render_traced};
use crate::span::SourceMap;
use crate::value::Map as Values;
use crate::world::World;

pub use keys::{Step, parse_path, path_text};
pub use layers::{Definition, Layers};
pub use map::{LineOrigin, Map, Origin, OriginKind, Place};
pub use reader::scope_of;

/// Renders a chart with the user's values and keeps where everything came from.
///
/// # Errors
/// As [`crate::render::render`].
pub fn explain(
    chart: &Chart,
    values: &Values,
    options: &Options,
    world: &dyn World,
    sources: &mut SourceMap,
    log: &mut Log,
) -> Result<(Rendered, Map), RenderError> {
    let recorder = record::Recorder::new();
    let (rendered, records) = render_traced(chart, values, options, world, sources, log, recorder)?;
    let map = Map::new(records, sources.clone(), chart, options.helm, &rendered);
    Ok((rendered, map))
}
