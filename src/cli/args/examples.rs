//! What stands at the end of each command's help: examples, and what its exit status says.

/// The table of exit statuses, in the help of the program.
pub const ALL: &str = "Start here: `plimsoll init` in a repository of charts, then `plimsoll lint --all`.

Exit status:
  0  fine
  1  an error, or findings
  2  changes, where diff --detailed-exitcode asks
  3  wrong usage or configuration
  4  cluster or network
`template` keeps to Helm's 0 and 1.";

/// Of `template`.
pub const TEMPLATE: &str = "Examples:
  plimsoll template web charts/web -f values-prod.yaml
  plimsoll template web charts/web -s templates/deployment.yaml
  plimsoll template charts/web --helm-version 3

Exit status: 0 fine, 1 an error, as Helm's; 3 where a flag is not Helm's and wrong";

/// Of `render`.
pub const RENDER: &str = "Examples:
  plimsoll render charts/web --env prod
  plimsoll render --env prod --cluster np-aws --chart 'web*'
  plimsoll render --all --output-dir out
  plimsoll render charts/web --env prod --annotate

Exit status: 0 fine, 1 a release does not render (the others do), 3 wrong usage or configuration, 4 cluster or network";

/// Of `explain`.
pub const EXPLAIN: &str = "Examples:
  plimsoll explain charts/web --env prod deployment/web 'spec.template.spec.containers[0].image'
  plimsoll explain --env prod --cluster np-aws deployment/web spec.replicas
  plimsoll explain charts/web --value image.tag
  plimsoll explain charts/web --html web.html

Exit status: 0 fine, 1 there is no such object, field or key, 3 wrong usage or configuration";

/// Of `values`.
pub const VALUES: &str = "Examples:
  plimsoll values charts/web --env prod
  plimsoll values charts/web --unused --undefined
  plimsoll values --all --unused -o json

Exit status: 0 fine, 1 a chart does not render (the others are shown), 3 wrong usage or configuration";

/// Of `images`.
pub const IMAGES: &str = "Examples:
  plimsoll images charts/web --env prod
  plimsoll images --all -o list

Exit status: 0 fine, 1 a chart does not render (the others are listed), 3 wrong usage or configuration";

/// Of `lint`.
pub const LINT: &str = "Examples:
  plimsoll lint
  plimsoll lint charts/web --env prod --kube-version 1.35,1.36
  plimsoll lint --all --changed-since origin/main -o github -o sarif=lint.sarif
  plimsoll lint --manifests deploy/ --policies pss-restricted
  plimsoll lint --all --write-baseline plimsoll-baseline.json

Exit status: 0 fine, 1 findings from --fail-on on, or a chart that does not load, 3 wrong usage or configuration";

/// Of `diff`.
pub const DIFF: &str = "Examples:
  plimsoll diff charts/web --env prod                        the release in the cluster
  plimsoll diff --all --against git:main                     another revision
  plimsoll diff charts/web --env prod --against web.yaml     manifests; - is standard input
  plimsoll diff charts/web --env prod --drift                with what was changed by hand
  plimsoll diff --all --against git:main -o markdown=diff.md --detailed-exitcode

Exit status: 0 fine, 1 an error, 2 something differs and --detailed-exitcode asks, 3 wrong usage or configuration,
4 cluster or network";

/// Of `routes`.
pub const ROUTES: &str = "Examples:
  plimsoll routes --env prod --cluster np-aws
  plimsoll routes charts/web --env prod --against /etc/nginx/nginx.conf --map php_backend=web

Exit status: 0 fine, 1 conflicts or differences from --fail-on on, or a chart that does not render, 3 wrong usage or
configuration";

/// Of `graph`.
pub const GRAPH: &str = "Examples:
  plimsoll graph charts/web --env prod
  plimsoll graph --env prod --cluster np-aws -o html > graph.html
  plimsoll graph charts/web -o dot | dot -Tsvg > web.svg

Exit status: 0 fine, 1 a chart does not render (the others are shown), 3 wrong usage or configuration";

/// Of `init`.
pub const INIT: &str = "Examples:
  plimsoll init --dry-run
  plimsoll init && plimsoll lint --all

Exit status: 0 fine, 1 there is no chart, 3 there is a project file already";

/// Of `matrix`.
pub const MATRIX: &str = "Examples:
  plimsoll matrix
  plimsoll matrix --env prod -o json
  plimsoll matrix --changed-since origin/main -o github

Exit status: 0 fine, 3 wrong usage or configuration";

/// Of `report merge`.
pub const MERGE: &str = "Examples:
  plimsoll lint --all --shard 1/2 -o shard=1.json --fail-on never
  plimsoll lint --all --shard 2/2 -o shard=2.json --fail-on never
  plimsoll report merge 1.json 2.json -o sarif=lint.sarif -o markdown

Exit status: 0 fine, 1 findings from --fail-on on, 2 changes and --detailed-exitcode asks, 3 wrong usage";
