#!/bin/sh
# Deletes the bindings for emergencies whose time is over. One that does not say when is over now.
set -eu

now=$(date -u +%s)
label=access.example.com/break-glass=true
path='{range .items[*]}{.metadata.namespace}{"\t"}{.metadata.name}{"\t"}{.metadata.annotations.access\.example\.com/until}{"\n"}{end}'

failed=0
for namespace in $NAMESPACES; do
  kubectl get rolebindings --namespace "$namespace" --selector "$label" --output "jsonpath=$path" > /tmp/bindings
  while IFS="$(printf '\t')" read -r ns name until; do
    end=$(date -u -d "${until:-1970-01-01T00:00:00Z}" +%s 2>/dev/null || echo 0)
    if [ "$end" -gt "$now" ]; then
      echo "kept $ns/$name until $until"
    elif kubectl delete rolebinding "$name" --namespace "$ns" --wait=false; then
      echo "expired $ns/$name, it was until ${until:-nothing}"
    else
      failed=1
    fi
  done < /tmp/bindings
done
exit "$failed"
