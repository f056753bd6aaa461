#!/bin/sh
# A line for each subject of each binding: where, binding, role, kind and name of the subject.
set -eu

subjects='{range .items[*]}{"binding\t"}{.metadata.namespace}{"\t"}{.metadata.name}{"\t"}{.roleRef.kind}/{.roleRef.name}{range .subjects[*]}{"\nsubject\t"}{.kind}{"\t"}{.name}{end}{"\n"}{end}'
{
  kubectl get clusterrolebindings --output "jsonpath=$subjects"
  kubectl get rolebindings --all-namespaces --output "jsonpath=$subjects"
} | awk -F '\t' '
  $1 == "binding" { where = $2 == "" ? "(cluster)" : $2; binding = $3; role = $4; next }
  $1 == "subject" { printf "%s\t%s\t%s\t%s\t%s\n", where, binding, role, $2, $3 }
'
