//! The flags of commands that show what a chart renders and where it comes from.

use clap::{Args, ValueEnum};

use super::{FailOn, LiveArgs, SceneArgs};

/// Flags of `plimsoll render`.
#[derive(Args, Debug)]
pub struct RenderArgs {
    /// Charts: folders or archives; those of plimsoll.yaml, or the one in this folder, where none is named
    #[arg(value_name = "CHART")]
    pub charts: Vec<String>,
    /// Scene.
    #[command(flatten)]
    pub scene: SceneArgs,
    /// Live.
    #[command(flatten)]
    pub live: LiveArgs,
    /// Include CRDs in the output
    #[arg(long)]
    pub include_crds: bool,
    /// Write files below this folder instead of to standard output
    #[arg(long, value_name = "DIR")]
    pub output_dir: Option<String>,
    /// Show at each line the template's line and the line of values that it comes from
    #[arg(long, conflicts_with = "output_dir")]
    pub annotate: bool,
    /// Write where each line comes from as JSON, see docs/source-map.md
    #[arg(long, value_name = "FILE")]
    pub source_map: Option<String>,
}

/// How answers are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Answer {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

/// Flags of `plimsoll explain`.
#[derive(Args, Debug)]
pub struct ExplainArgs {
    /// `[CHART] OBJECT [FIELD]`: `deployment/web spec.template.spec.containers[0].image`; without a chart, the one that
    /// makes the object
    #[arg(value_name = "CHART OBJECT FIELD", num_args = 0..=3)]
    pub words: Vec<String>,
    /// Scene.
    #[command(flatten)]
    pub scene: SceneArgs,
    /// List the lines that a key of the values reaches, in all environments unless one is named
    #[arg(long, value_name = "KEY")]
    pub value: Option<String>,
    /// Write a page to explore everything in a browser, in all environments unless one is named
    #[arg(long, value_name = "FILE", conflicts_with = "value")]
    pub html: Option<String>,
    /// How the answer is written
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: Answer,
}

/// Flags of `plimsoll values`.
#[derive(Args, Debug)]
pub struct ValuesArgs {
    /// Charts: folders or archives; those of plimsoll.yaml, or the one in this folder, where none is named
    #[arg(value_name = "CHART")]
    pub charts: Vec<String>,
    /// Scene.
    #[command(flatten)]
    pub scene: SceneArgs,
    /// Keys that no template reads in any environment
    #[arg(long)]
    pub unused: bool,
    /// Keys that templates read unguarded and that no layer sets
    #[arg(long)]
    pub undefined: bool,
    /// Lists that one layer replaced, and nulls that mean something else to Helm 3 than to Helm 4
    #[arg(long)]
    pub replaced: bool,
    /// How the answer is written
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: Answer,
}

/// How images are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ImageList {
    /// With their objects and values
    #[default]
    Text,
    /// For programs
    Json,
    /// Nothing but the references, each once
    List,
}

/// Flags of `plimsoll images`.
#[derive(Args, Debug)]
pub struct ImagesArgs {
    /// Charts: folders or archives; those of plimsoll.yaml, or the one in this folder, where none is named
    #[arg(value_name = "CHART")]
    pub charts: Vec<String>,
    /// Scene.
    #[command(flatten)]
    pub scene: SceneArgs,
    /// How the images are listed
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: ImageList,
}

/// How routes are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum RouteList {
    /// A table, then what is wrong
    #[default]
    Text,
    /// For programs
    Json,
    /// For pull requests and documentation
    Markdown,
}

/// Flags of `plimsoll routes`.
#[derive(Args, Debug)]
pub struct RoutesArgs {
    /// Charts: folders or archives; those of plimsoll.yaml, or the one in this folder, where none is named
    #[arg(value_name = "CHART")]
    pub charts: Vec<String>,
    /// Scene.
    #[command(flatten)]
    pub scene: SceneArgs,
    /// Compare with the servers and locations of this nginx configuration
    #[arg(long, value_name = "NGINX.CONF")]
    pub against: Option<String>,
    /// Which Service stands for an upstream or address of nginx, where requests don't tell: php_backend=web
    #[arg(long, value_name = "NGINX=SERVICE", requires = "against")]
    pub map: Vec<String>,
    /// From which severity on conflicts and differences fail the run
    #[arg(long, value_name = "LEVEL", default_value = "error")]
    pub fail_on: FailOn,
    /// How the routes are listed
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: RouteList,
}

/// How a graph is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// A flowchart for GitHub, GitLab and wikis
    #[default]
    Mermaid,
    /// For Graphviz
    Dot,
    /// For programs
    Json,
    /// A page to explore it in a browser
    Html,
}

/// Flags of `plimsoll graph`.
#[derive(Args, Debug)]
pub struct GraphArgs {
    /// Charts: folders or archives; those of plimsoll.yaml, or the one in this folder, where none is named
    #[arg(value_name = "CHART")]
    pub charts: Vec<String>,
    /// Scene.
    #[command(flatten)]
    pub scene: SceneArgs,
    /// How the graph is written
    #[arg(short, long, value_name = "FORMAT", default_value = "mermaid")]
    pub output: GraphFormat,
}
