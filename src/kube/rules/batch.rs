//! Jobs and CronJobs (pkg/apis/batch/validation of Kubernetes 1.36).

use std::collections::BTreeSet;

use super::field::Field;
use super::formats::{dns_label, domain_prefixed_path, label_value, qualified_name};
use super::metadata::{SUBDOMAIN, Scope, label_selector, matches, object_meta};
use super::{cron, pod, quote};

const UID_LABELS: [&str; 2] = ["controller-uid", "batch.kubernetes.io/controller-uid"];
const NAME_LABELS: [&str; 2] = ["job-name", "batch.kubernetes.io/job-name"];
/// Indexed jobs with more completions than this have limits.
const MANY: i64 = 100_000;
const FEW: i64 = 10_000;

/// `batch/Job`
pub(super) fn job(object: Field<'_>) {
    object_meta(object, Scope::Namespaced, SUBDOMAIN);
    let (name, spec) = (object.below(&["metadata", "name"]), object.at("spec"));
    let manual = spec.at("manualSelector").is_true();
    job_spec(spec, Completions::OneByDefault);
    if manual {
        manual_selector(spec);
    } else {
        generated_selector(name.text(), spec);
    }
    let completions = spec.at("completions").int().unwrap_or(0);
    if spec.at("completionMode").text() == "Indexed" && completions > 0 {
        let highest = format!("{}-{}", name.text(), completions - 1);
        if !dns_label(&highest).is_empty() {
            name.invalid(&format!("will not able to create pod with invalid DNS label: {highest}"));
        }
    }
}

fn manual_selector(spec: Field<'_>) {
    let (selector, labels) = (spec.at("selector"), spec.below(&["template", "metadata", "labels"]));
    if !selector.is_set() {
        selector.required("");
    }
    let before = selector.found();
    label_selector(selector);
    if selector.found() == before && !matches(selector, labels) {
        labels.invalid("`selector` does not match template `labels`");
    }
}

/// The server selects by labels that it adds itself; what says otherwise is refused.
fn generated_selector(name: &str, spec: Field<'_>) {
    let (selector, template) = (spec.at("selector"), spec.at("template"));
    let labels = template.below(&["metadata", "labels"]);
    let given = labels.texts();
    let own = |key: &str| given.get(key).copied();
    for key in UID_LABELS.into_iter().filter(|k| own(k).is_some()) {
        labels.key(key).invalid("must be the job's own uid");
    }
    for key in NAME_LABELS {
        match own(key) {
            Some(given) if given != name => labels.key(key).invalid(&format!("must be '{name}'")),
            Some(_) => {}
            None => label_value(name).iter().for_each(|m| template.at("labels").invalid_as(quote(name), m)),
        }
    }
    let before = selector.found();
    label_selector(selector);
    if selector.found() > before {
        return;
    }
    let expected = |key: &str| NAME_LABELS.contains(&key).then_some(name);
    let listed = |key: &str, values: Field<'_>| expected(key).is_some_and(|n| values.items().any(|v| v.text() == n));
    let known = |key: &str| expected(key).is_some() || UID_LABELS.contains(&key);
    let meets = |e: Field<'_>| match (e.at("operator").text(), e.at("key").text()) {
        ("In", key) => listed(key, e.at("values")),
        ("NotIn", key) => !listed(key, e.at("values")),
        ("Exists", key) => known(key),
        (_, key) => !known(key),
    };
    let fits = selector.at("matchLabels").entries().all(|(k, v)| expected(k) == Some(v.text()))
        && selector.at("matchExpressions").items().all(meets);
    if selector.is_set() && !fits {
        selector.invalid("`selector` not auto-generated");
        labels_unselected(selector, labels, name);
    }
}

fn labels_unselected(selector: Field<'_>, labels: Field<'_>, name: &str) {
    let given = labels.texts();
    let own = |key: &str| given.get(key).copied();
    let has = |key: &str, value: &str| own(key).or(NAME_LABELS.contains(&key).then_some(name)) == Some(value);
    if !selector.at("matchLabels").entries().all(|(k, v)| has(k, v.text())) {
        labels.invalid("`selector` does not match template `labels`");
    }
}

/// Whether a job runs once where it does not say how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Completions {
    OneByDefault,
    Given,
}

fn job_spec(spec: Field<'_>, default: Completions) {
    for name in [
        "parallelism",
        "completions",
        "activeDeadlineSeconds",
        "backoffLimit",
        "ttlSecondsAfterFinished",
        "backoffLimitPerIndex",
        "maxFailedIndexes",
    ] {
        spec.at(name).nonnegative();
    }
    if spec.at("maxFailedIndexes").is_set() && !spec.at("backoffLimitPerIndex").is_set() {
        spec.at("backoffLimitPerIndex").required("when maxFailedIndexes is specified");
    }
    let manager = spec.at("managedBy");
    if manager.is_set() {
        if manager.has_text("") {
            domain_prefixed_path(manager.text()).iter().for_each(|(shown, m)| manager.invalid_as(shown, m));
        }
        if manager.text().len() > 63 {
            manager.too_long(63);
        }
    }
    completion_mode(spec, default);
    if spec.at("podFailurePolicy").is_set() {
        pod_failure_policy(spec);
    }
    success_policy(spec);
    let replacement = spec.at("podReplacementPolicy");
    match spec.at("podFailurePolicy").is_set() {
        true => replacement.one_of(&["Failed"]),
        false => replacement.one_of(&["Failed", "TerminatingOrFailed"]),
    }
    pod::template(spec.at("template"), None);
    restart_policy(spec);
}

fn restart_policy(spec: Field<'_>) {
    let restart = spec.below(&["template", "spec", "restartPolicy"]);
    match restart.text_or("Always") {
        "Always" => restart.required(r#"valid values: "OnFailure", "Never""#),
        "OnFailure" if spec.at("podFailurePolicy").is_set() => {
            restart.invalid(r#"only "Never" is supported when podFailurePolicy is specified"#);
        }
        "OnFailure" | "Never" => {}
        _ => restart.not_supported(&["OnFailure", "Never"]),
    }
}

fn completion_mode(spec: Field<'_>, default: Completions) {
    let at = |name| spec.at(name);
    let (mode, parallelism, completions) = (at("completionMode"), at("parallelism"), at("completions"));
    let (per_index, failed) = (at("backoffLimitPerIndex"), at("maxFailedIndexes"));
    mode.one_of(&["NonIndexed", "Indexed"]);
    if !mode.is_set() || mode.text() == "NonIndexed" {
        for field in [per_index, failed].into_iter().filter(|f| f.is_set()) {
            field.invalid("requires indexed completion mode");
        }
    }
    if mode.text() != "Indexed" {
        return;
    }
    // Both are one where neither is given.
    if !completions.is_set() && (parallelism.is_set() || default == Completions::Given) {
        completions.required("when completion mode is Indexed");
    }
    let count = completions.int();
    if parallelism.int().is_some_and(|p| p > MANY) {
        let detail = format!("must be less than or equal to {MANY} when completion mode is Indexed");
        parallelism.invalid(&detail);
    }
    if failed.int().is_some_and(|f| f > count.unwrap_or(if parallelism.is_set() { i64::MAX } else { 1 })) {
        failed.invalid("must be less than or equal to completions");
    }
    if failed.int().is_some_and(|f| f > MANY) {
        failed.invalid(&format!("must be less than or equal to {MANY}"));
    }
    if count.is_some_and(|c| c > MANY) && per_index.is_set() {
        if !failed.is_set() {
            failed.required(&format!("must be specified when completions is above {MANY}"));
        }
        for field in [parallelism, failed].into_iter().filter(|f| f.int().is_some_and(|i| i > FEW)) {
            field.invalid(&format!(
                "must be less than or equal to {FEW} when completions are above {MANY} and used with backoff limit \
                 per index"
            ));
        }
    }
}

fn pod_failure_policy(spec: Field<'_>) {
    let rules = spec.below(&["podFailurePolicy", "rules"]);
    if rules.len() > 20 {
        rules.too_many(20);
    }
    let template = spec.below(&["template", "spec"]);
    let containers: BTreeSet<&str> = ["containers", "initContainers"]
        .into_iter()
        .flat_map(|list| template.at(list).items().map(|c| c.at("name").text()))
        .collect();
    for rule in rules.items() {
        let (action, codes, conditions) = (rule.at("action"), rule.at("onExitCodes"), rule.at("onPodConditions"));
        let actions = ["Count", "FailIndex", "FailJob", "Ignore"];
        if action.text() == "FailIndex" {
            if !spec.at("backoffLimitPerIndex").is_set() {
                action.invalid("requires the backoffLimitPerIndex to be set");
            }
        } else if action.has_text(r#"valid values: ["Count" "FailIndex" "FailJob" "Ignore"]"#) {
            action.one_of(&actions);
        }
        if codes.is_set() {
            exit_codes(codes, &containers);
        }
        pod_conditions(conditions);
        match (codes.is_set(), conditions.len() > 0) {
            (true, true) => rule.invalid("specifying both OnExitCodes and OnPodConditions is not supported"),
            (false, false) => rule.invalid("specifying one of OnExitCodes and OnPodConditions is required"),
            _ => {}
        }
    }
}

fn pod_conditions(conditions: Field<'_>) {
    if conditions.len() > 20 {
        conditions.too_many(20);
    }
    for condition in conditions.items() {
        let kind = condition.at("type");
        qualified_name(kind.text()).iter().for_each(|m| kind.invalid_as(quote(kind.text()), m));
        condition.at("status").one_of_or_default(&["False", "True", "Unknown"]);
    }
}

fn exit_codes(codes: Field<'_>, containers: &BTreeSet<&str>) {
    let (operator, container, values) = (codes.at("operator"), codes.at("containerName"), codes.at("values"));
    if operator.has_text(r#"valid values: ["In" "NotIn"]"#) {
        operator.one_of(&["In", "NotIn"]);
    }
    if container.is_set() && !containers.contains(container.text()) {
        container.invalid("must be one of the container or initContainer names in the pod template");
    }
    if values.len() == 0 {
        values.invalid("at least one value is required");
    } else if values.len() > 255 {
        values.too_many(255);
    }
    let (mut seen, mut last, mut ordered) = (BTreeSet::new(), i64::MIN, true);
    for value in values.items() {
        let code = value.int().unwrap_or(0);
        if operator.text() == "In" && code == 0 {
            value.invalid("must not be 0 for the In operator");
        }
        if !seen.insert(code) {
            value.duplicate();
        }
        ordered &= last <= code;
        last = code;
    }
    if !ordered {
        values.invalid("must be ordered");
    }
}

fn success_policy(spec: Field<'_>) {
    let policy = spec.at("successPolicy");
    if !policy.is_set() {
        return;
    }
    if spec.at("completionMode").text() != "Indexed" {
        return policy.invalid("requires indexed completion mode");
    }
    let rules = policy.at("rules");
    if rules.len() == 0 {
        rules.required("at least one rules must be specified when the successPolicy is specified");
    }
    if rules.len() > 20 {
        rules.too_many(20);
    }
    let completions = spec.at("completions").int().unwrap_or(1);
    for rule in rules.items() {
        let (count, indexes) = (rule.at("succeededCount"), rule.at("succeededIndexes"));
        if !count.is_set() && !indexes.is_set() {
            rule.required("at least one of succeededCount or succeededIndexes must be specified");
        }
        let total = match indexes_total(indexes.text(), completions) {
            Ok(total) => total,
            Err(error) => {
                indexes.invalid(&format!("error parsing succeededIndexes: {error}"));
                0
            }
        };
        count.nonnegative();
        let given = count.int().unwrap_or(0);
        if given > completions {
            let detail = format!("must be less than or equal to {completions} (the number of specified completions)");
            count.invalid(&detail);
        }
        if indexes.is_set() && given > total {
            count.invalid(&format!(
                "must be less than or equal to {total} (the number of indexes in the specified succeededIndexes field)"
            ));
        }
    }
}

/// How many indexes `1,3-5` names.
fn indexes_total(text: &str, completions: i64) -> Result<i64, String> {
    let index = |part: &str| {
        let number: i64 =
            part.parse().map_err(|_| format!("cannot convert string to integer for index: {}", quote(part)))?;
        if number >= completions { Err(format!("too large index: {}", quote(part))) } else { Ok(number) }
    };
    let (mut last, mut total) = (None, 0);
    for interval in text.split(',').filter(|_| !text.is_empty()) {
        let ends: Vec<&str> = interval.split('-').collect();
        let (first, end) = match ends[..] {
            [single] => (index(single)?, index(single)?),
            [first, end] => (index(first)?, index(end)?),
            _ => {
                let rule =
                    "violates the requirement that an index interval can have at most two parts separated by '-'";
                return Err(format!("the fragment {} {rule}", quote(interval)));
            }
        };
        let order = |before: i64, now: i64| format!("non-increasing order, previous: {before}, current: {now}");
        if ends.len() == 2 && first >= end {
            return Err(order(first, end));
        }
        if let Some(last) = last.filter(|l| *l >= first) {
            return Err(order(last, first));
        }
        total += end - first + 1;
        last = Some(end);
    }
    Ok(total)
}

/// `batch/CronJob`
pub(super) fn cron_job(object: Field<'_>) {
    object_meta(object, Scope::Namespaced, SUBDOMAIN);
    let (name, spec) = (object.below(&["metadata", "name"]), object.at("spec"));
    let (schedule, zone) = (spec.at("schedule"), spec.at("timeZone"));
    if schedule.has_text("") {
        if let Err(error) = cron::parse(schedule.text()) {
            schedule.invalid(&error);
        }
        if schedule.text().contains("TZ") {
            schedule.invalid("cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
        }
    }
    spec.at("startingDeadlineSeconds").nonnegative();
    if zone.is_set() {
        time_zone(zone);
    }
    spec.at("concurrencyPolicy").one_of_or_default(&["Allow", "Forbid", "Replace"]);
    let job = spec.below(&["jobTemplate", "spec"]);
    // The template of a job gets no defaults.
    job_spec(job, Completions::Given);
    if job.at("selector").is_set() {
        job.at("selector").invalid("`selector` will be auto-generated");
    }
    if job.at("manualSelector").is_true() {
        job.at("manualSelector").not_supported(&["nil", "false"]);
    }
    spec.at("successfulJobsHistoryLimit").nonnegative();
    spec.at("failedJobsHistoryLimit").nonnegative();
    if name.text().len() > 52 {
        name.invalid("must be no more than 52 characters");
    }
}

fn time_zone(zone: Field<'_>) {
    let text = zone.text();
    if text.is_empty() {
        return zone.invalid("timeZone must be nil or non-empty string");
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-_+".contains(c);
    let part = |p: &str| !matches!(p, "" | "." | "..") && !p.starts_with('-') && p.len() <= 14 && p.chars().all(plain);
    if !text.split('/').all(part) {
        return zone.invalid(&format!("unknown time zone {text}"));
    }
    if text.eq_ignore_ascii_case("local") {
        let detail = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones";
        zone.invalid(detail);
    }
    if text != "Local" && !cron::is_time_zone(text) {
        zone.invalid(&format!("unknown time zone {text}"));
    }
}
