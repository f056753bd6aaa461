//! `plimsoll images`: the images that charts run, and the values that chose them.

use serde::Serialize;

use super::args::{ImageList, ImagesArgs};
use super::exit;
use super::explain::Scene;
use super::session::{Failed, error, finish, finish_many, project, relative, releases};
use super::spread::{self, Loader};
use crate::diag::log::Log;
use crate::explain::OriginKind;
use crate::explain::object::objects;
use crate::fleet::{ChartReleases, Otherwise};
use crate::report::explain::{At, Source};
use crate::value::HelmVersion;

/// One use of an image.
#[derive(Serialize)]
struct Image {
    image: String,
    name: String,
    tag: Option<String>,
    digest: Option<String>,
    chart: String,
    environment: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<String>,
    object: String,
    namespace: String,
    field: String,
    values: Vec<Source>,
}

/// Runs the command.
pub(super) fn run(args: &ImagesArgs) -> u8 {
    let mut log = Log::new(HelmVersion::from(args.scene.engine.helm_version));
    let found = project().and_then(|project| {
        let matrix = releases(&args.charts, &args.scene.select, Otherwise::All, &project)?;
        Ok(spread::charts(&matrix.charts, &mut log, |chart, loader, log| images(args, chart, loader, log)))
    });
    let (all, failed) = match found {
        Ok(found) => found,
        Err(failed) => return finish(&mut log, Err(failed)),
    };
    let all: Vec<Image> = all.into_iter().flatten().collect();
    let written = match args.output {
        ImageList::Text => Ok(text(&all)),
        ImageList::Json => serde_json::to_string_pretty(&all).map(|t| t + "\n").map_err(|e| error(e.to_string())),
        ImageList::List => Ok(list(&all)),
    };
    finish_many(&mut log, written.map(|text| (text, exit::OK)), failed)
}

fn images(args: &ImagesArgs, chart: &ChartReleases, loader: &mut Loader, log: &mut Log) -> Result<Vec<Image>, Failed> {
    let mut found = Vec::new();
    for release in &chart.releases {
        let session = loader.open(&args.scene, release, log)?;
        let scene = Scene::render(&args.scene, release, session, log)?;
        let teller = scene.teller();
        for object in objects(&scene.rendered).iter().filter(|o| o.kind != "CustomResourceDefinition") {
            let is_image = |path: &str| path == "image" || path.ends_with(".image");
            for field in object.scalars().into_iter().filter(|f| is_image(&f.path)) {
                let Some(image) = object.text(&field).filter(|i| !i.is_empty() && !i.contains(char::is_whitespace))
                else {
                    continue;
                };
                let (name, tag, digest) = reference(&image);
                let origin = scene.map.bytes(object.manifest, field.value.clone());
                let values =
                    origin.values.iter().filter(|o| o.kind != OriginKind::Literal || o.functions.contains(&"default"));
                found.push(Image {
                    name: name.to_owned(),
                    tag: tag.map(str::to_owned),
                    digest: digest.map(str::to_owned),
                    chart: relative(&chart.chart.path.display().to_string()),
                    environment: release.env().map(str::to_owned),
                    cluster: release.cluster().map(str::to_owned),
                    object: object.label(),
                    namespace: object.namespace.clone(),
                    field: field.path.clone(),
                    values: values.map(|o| teller.source(o)).collect(),
                    image,
                });
            }
        }
    }
    Ok(found)
}

/// Name, tag and digest of `registry:5000/name:tag@sha256:…`.
fn reference(image: &str) -> (&str, Option<&str>, Option<&str>) {
    let (rest, digest) = match image.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (image, None),
    };
    // A colon before a slash is a registry's port.
    match rest.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')) {
        Some((name, tag)) => (name, Some(tag), digest),
        None => (rest, None, digest),
    }
}

fn list(all: &[Image]) -> String {
    let mut names: Vec<&str> = all.iter().map(|i| i.image.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names.iter().map(|n| format!("{n}\n")).collect()
}

fn text(all: &[Image]) -> String {
    let mut out = String::new();
    let mut sorted: Vec<&Image> = all.iter().collect();
    sorted.sort_by(|a, b| a.image.cmp(&b.image));
    let mut last = "";
    for image in sorted {
        if image.image != last {
            out.push_str(&format!("{}\n", image.image));
            last = &image.image;
        }
        let places = [&image.environment, &image.cluster];
        let place = places.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join("/");
        let env = if place.is_empty() { place } else { format!(" in {place}") };
        out.push_str(&format!("  {} {}{env}\n", image.object, image.field));
        for value in &image.values {
            let at = value.place.as_ref().map(At::to_string).unwrap_or_default();
            let name = if value.kind == "literal" { "the template's own default" } else { &value.key };
            let held = value.value.as_ref().map(|v| format!(" = {v}")).unwrap_or_default();
            out.push_str(format!("    {name}{held}  {at}").trim_end());
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::reference;

    #[test]
    fn references_are_taken_apart() {
        assert_eq!(reference("a"), ("a", None, None));
        assert_eq!(reference("r:5000/a/b"), ("r:5000/a/b", None, None));
        assert_eq!(reference("r:5000/a:1@sha256:0"), ("r:5000/a", Some("1"), Some("sha256:0")));
    }
}
