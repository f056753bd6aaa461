//! The sides of a comparison: charts rendered ([`super::scene`]), manifests read, each with what a report needs of it
//! later. What is kept of a render can leave its thread: objects, the fields that secrets reached, where fields come from.

use std::collections::HashMap;

use super::args::DiffArgs;
use super::findings::of_side;
use super::scene::Scene;
use super::values::Given;
use crate::cli::lint::plan::Plan;
use crate::cli::session::{Failed, error, relative};
use crate::diff::secrets::{Redactor, Tainted, Which, held};
use crate::diff::{Differing, Ends, Place, Side, SideObject, Source, differing};
use crate::finding::{Finding, KubeObject};
use crate::lint::objects;

/// One side, finished.
pub(super) struct Prepared {
    /// The chart's name; empty for manifests.
    pub chart: String,
    /// The release's name.
    pub release: String,
    /// Its objects.
    pub side: Side,
    /// What lint says of it.
    pub findings: Vec<Finding>,
    /// Fields that secrets reached: object, byte offset.
    pub tainted: Vec<(usize, u32)>,
    /// Where fields come from, by object and byte offset of the value.
    pub origins: HashMap<(usize, u32), Origin>,
    /// What else may be secret: of a side that could not be had, and of values.
    pub secrets: Vec<String>,
    /// Secrets that are not compared themselves.
    pub known_secrets: Vec<KubeObject>,
    /// Its values, where nothing else is compared.
    pub given: Option<Box<Given>>,
    /// Whether its fields come from the lines of manifests that were read.
    pub is_read: bool,
}

/// Where a field comes from, not yet redacted.
#[derive(Clone, Default)]
pub(super) struct Origin {
    pub(super) template: Option<(String, usize, usize)>,
    pub(super) values: Option<(String, (String, usize, usize))>,
}

impl From<Prepared> for Half {
    fn from(prepared: Prepared) -> Half {
        Half::Read(Box::new(prepared))
    }
}

/// How two sides are finished.
pub(super) struct Finish<'a> {
    /// The flags.
    pub args: &'a DiffArgs,
    /// The environment.
    pub env: Option<&'a str>,
    /// The checks of the old and of the new side, where lint is asked.
    pub plans: Option<(&'a Plan<'a>, &'a Plan<'a>)>,
    /// A file's name on the old side as a person may open it.
    pub old_file: &'a dyn Fn(&str) -> String,
}

impl Finish<'_> {
    /// Finishes both: what both say alike needs no origins.
    pub fn both(&self, old: Half, new: Half) -> (Prepared, Prepared) {
        let (old, new) = (Opened::of(old, self.args), Opened::of(new, self.args));
        let (differ_old, mut differ_new) = differing(&old.side, &new.side);
        if self.args.drift {
            // What stays the same here may have been edited there.
            differ_new = (0..new.side.objects.len()).map(|number| (number, Ends::All)).collect();
        }
        let here = |file: &str| relative(file);
        let (before, after) = (self.plans.map(|p| p.0), self.plans.map(|p| p.1));
        // Of the old side's findings nothing is told but that there were such.
        let before = before.map(|plan| of_side(plan, old.scene(), &old.side, &old.documents, self.env, false));
        let after = after.map(|plan| of_side(plan, new.scene(), &new.side, &new.documents, self.env, true));
        (old.finished(&differ_old, before, self.old_file), new.finished(&differ_new, after, &here))
    }
}

/// A side with its objects taken out.
struct Opened {
    half: Half,
    side: Side,
    /// The document of each object; nothing for those that weren't rendered.
    documents: Vec<Option<usize>>,
}

impl Opened {
    fn scene(&self) -> Option<&Scene> {
        match &self.half {
            Half::Rendered(scene) => Some(scene),
            Half::Read(_) => None,
        }
    }

    fn finished(self, differ: &Differing, findings: Option<Vec<Finding>>, name: &dyn Fn(&str) -> String) -> Prepared {
        let Opened { half, side, documents } = self;
        let findings = findings.unwrap_or_default();
        match half {
            Half::Rendered(scene) => {
                let objects = documents.into_iter().zip(side.objects).collect();
                Prepared { findings, ..scene.keep(objects, differ, name) }
            }
            Half::Read(prepared) => Prepared { side, findings, ..*prepared },
        }
    }

    fn of(mut half: Half, args: &DiffArgs) -> Opened {
        let (side, documents) = match &mut half {
            Half::Rendered(scene) => {
                let (documents, objects) = scene.objects(args).into_iter().unzip();
                {
                    let namespace = scene.session.options.namespace.clone();
                    (Side { objects, namespace, definitions: Vec::new() }, documents)
                }
            }
            Half::Read(prepared) => {
                let namespace = prepared.side.namespace.clone();
                let empty = Side { objects: Vec::new(), namespace, definitions: Vec::new() };
                let side = std::mem::replace(&mut prepared.side, empty);
                let documents = vec![None; side.objects.len()];
                (side, documents)
            }
        };
        Opened { half, side, documents }
    }
}

/// A side that is not finished yet.
pub(super) enum Half {
    /// A render.
    Rendered(Box<Scene>),
    /// Manifests.
    Read(Box<Prepared>),
}

impl From<Given> for Half {
    fn from(given: Given) -> Half {
        Half::Read(Box::new(Prepared { given: Some(Box::new(given)), ..Prepared::empty("") }))
    }
}

impl Half {
    /// Its values; none of manifests.
    pub fn values(self, name: &dyn Fn(&str) -> String) -> Given {
        match self {
            Half::Rendered(scene) => Given::of_scene(&scene, name),
            Half::Read(prepared) => match prepared.given {
                Some(given) => *given,
                None => Given::of_nothing(prepared.secrets),
            },
        }
    }

    /// The texts that are secret.
    pub fn secrets(&self) -> Vec<String> {
        match self {
            Half::Rendered(scene) => scene.secrets(),
            Half::Read(prepared) => prepared.secret_texts(),
        }
    }

    /// The namespace of objects that say none.
    pub fn namespace(&self) -> &str {
        match self {
            Half::Rendered(scene) => &scene.session.options.namespace,
            Half::Read(prepared) => &prepared.side.namespace,
        }
    }
}

impl Prepared {
    /// A side without objects.
    pub fn empty(namespace: &str) -> Prepared {
        Prepared {
            chart: String::new(),
            release: String::new(),
            side: Side { objects: Vec::new(), namespace: namespace.to_owned(), definitions: Vec::new() },
            findings: Vec::new(),
            tainted: Vec::new(),
            origins: HashMap::new(),
            secrets: Vec::new(),
            known_secrets: Vec::new(),
            given: None,
            is_read: false,
        }
    }

    /// Reads manifests; what is no object is an error with its place.
    pub fn read(args: &DiffArgs, namespace: &str, files: &[(String, String)]) -> Result<Prepared, Failed> {
        let mut prepared = Prepared { is_read: true, ..Prepared::empty(namespace) };
        for (name, text) in files {
            let (objects, broken) = objects::of_file(name, text);
            if let Some(b) = broken.first() {
                let (line, column) = crate::span::line_column(b.source.text.as_bytes(), b.offset);
                let line = b.source.line + line - 1;
                return Err(error(format!("{name}:{line}:{column}: {}", b.problem.message)));
            }
            for object in objects {
                let hooks = hook_events(&object);
                if wanted(&hooks, args) {
                    prepared.side.objects.push(SideObject { object, hooks });
                }
            }
        }
        Ok(prepared)
    }

    /// The origin of what stands at an offset of an object, redacted.
    pub fn source(&self, redactor: &Redactor, object: usize, offset: u32) -> Option<Source> {
        let own = || self.is_read.then(|| self.line_of(object, offset));
        let origin = self.origins.get(&(object, offset)).cloned().or_else(own)?;
        let place = |(file, line, column): &(String, usize, usize)| Place {
            file: redactor.text(file),
            line: *line,
            column: *column,
        };
        Some(Source {
            template: origin.template.as_ref().map(place),
            values: origin.values.as_ref().map(|(key, spot)| (redactor.text(key), place(spot))),
        })
    }

    /// The line of a manifest file.
    fn line_of(&self, object: usize, offset: u32) -> Origin {
        let object = &self.side.objects[object].object;
        let (line, column) = object.place_at(offset);
        Origin { template: Some((relative(&object.source.name), line, column)), values: None }
    }

    /// The texts that are secret: what Secrets hold, and what else is known to be.
    pub fn secret_texts(&self) -> Vec<String> {
        let objects = self.side.objects.iter().map(|o| &o.object).chain(&self.known_secrets);
        objects.flat_map(held).chain(self.secrets.iter().cloned()).collect()
    }

    /// Names the fields that secrets reached.
    pub fn taint(&self, tainted: &mut Tainted, which: Which) {
        self.tainted.iter().for_each(|(object, offset)| tainted.insert(which, *object, *offset));
    }
}

/// Whether an object with these events is compared.
pub(super) fn wanted(hooks: &[String], args: &DiffArgs) -> bool {
    let is_test = hooks.iter().any(|h| h == "test" || h == "test-success");
    hooks.is_empty() || !(args.no_hooks || args.no_tests && is_test)
}

/// The events that an object is a hook of.
fn hook_events(object: &KubeObject) -> Vec<String> {
    let hook = object.root().at(&["metadata", "annotations", "helm.sh/hook"]);
    let events = hook.and_then(|h| h.as_str()).unwrap_or_default();
    events.split(',').map(str::trim).filter(|e| !e.is_empty()).map(str::to_owned).collect()
}
