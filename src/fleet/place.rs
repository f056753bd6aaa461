//! Texts with the places they were written at, and what is wrong at a place.

use crate::span::line_column;

/// A place in a file: line and column from 1, the column in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Line.
    pub line: usize,
    /// Column.
    pub column: usize,
}

impl Place {
    /// The place of a byte offset.
    pub fn of(text: &str, offset: usize) -> Place {
        let (line, column) = line_column(text.as_bytes(), offset);
        Place { line, column }
    }
}

/// Where the lines of a text begin, to look up many places.
#[derive(Clone, Debug)]
pub struct Lines(Vec<usize>);

impl Lines {
    /// The lines of a text.
    pub fn of(text: &str) -> Lines {
        let ends = memchr::memchr_iter(b'\n', text.as_bytes()).map(|i| i + 1);
        Lines([0].into_iter().chain(ends).collect())
    }

    /// The place of a byte offset, as [`Place::of`] has it.
    pub fn place(&self, offset: usize) -> Place {
        let line = self.0.partition_point(|start| *start <= offset);
        let start = self.0.get(line.saturating_sub(1)).copied().unwrap_or_default();
        Place { line, column: offset - start + 1 }
    }
}

/// A text of the project file with its place.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Placed {
    /// The text.
    pub text: String,
    /// Where it stands.
    pub at: Place,
}

/// Something wrong in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The file; empty where the command line is meant.
    pub file: String,
    /// Where in it; line 0 where the file as a whole is meant.
    pub at: Place,
    /// What is wrong, what was expected, and the closest known name.
    pub message: String,
}

impl Fault {
    /// A fault of the command line, or of the project as a whole.
    pub fn general(message: impl Into<String>) -> Fault {
        Fault { file: String::new(), at: Place::default(), message: message.into() }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.file.as_str(), self.at.line) {
            ("", _) => f.write_str(&self.message),
            (file, 0) => write!(f, "{file}: {}", self.message),
            (file, line) => write!(f, "{file}:{line}:{}: {}", self.at.column, self.message),
        }
    }
}

/// Behind an unknown name: `; did you mean "prod"?`, or nothing where no known one is close.
pub fn did_you_mean<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    let lower = name.to_lowercase();
    let near = |n: &str| strsim::damerau_levenshtein(&n.to_lowercase(), &lower);
    let closest = known.into_iter().map(|n| (near(n), n)).min();
    match closest {
        Some((d, n)) if d <= 1 + n.len() / 3 => format!("; did you mean {n:?}?"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::did_you_mean;

    #[test]
    fn the_closest_name_is_offered_if_it_is_close() {
        assert_eq!(did_you_mean("kubeVerison", ["charts", "kubeVersion"]), "; did you mean \"kubeVersion\"?");
        assert_eq!(did_you_mean("colour", ["charts", "layers"]), "");
    }
}
