package main

// acceptedWithout are the properties that OpenAPI calls required and the server does without: it puts in a default, or
// zero is a value like any other. Read off pkg/apis/*/v*/defaults.go and pkg/apis/*/validation, and proven by the
// verdicts recorded from a server.
var acceptedWithout = map[string]bool{
	"apps.v1.ControllerRevision.revision":             true,
	"apps.v1.StatefulSetSpec.serviceName":             true,
	"batch.v1.PodFailurePolicy.rules":                 true,
	// Its feature is off, and what is off the server drops before it looks.
	"core.v1.ClusterTrustBundleProjection.path":       true,
	"core.v1.ConfigMapNodeConfigSource.namespace":     true,
	"core.v1.HTTPHeader.value":                        true,
	"core.v1.ISCSIPersistentVolumeSource.lun":         true,
	"core.v1.ISCSIVolumeSource.lun":                   true,
	"core.v1.LimitRangeSpec.limits":                   true,
	"core.v1.ScaleIOPersistentVolumeSource.secretRef": true,
	"core.v1.ScaleIOVolumeSource.secretRef":           true,
	"core.v1.SleepAction.seconds":                     true,
	"core.v1.Sysctl.value":                            true,
	"core.v1.TypedLocalObjectReference.name":          true,
	"core.v1.TypedLocalObjectReference.kind":          true,
	"discovery.v1.EndpointSlice.endpoints":            true,
	"discovery.v1.ForNode.name":                       true,
	"discovery.v1.ForZone.name":                       true,
	"rbac.v1.RoleRef.apiGroup":                        true,
	"resource.v1.DeviceCapacity.value":                true,
	"resource.v1.ResourcePool.generation":             true,
	"scheduling.v1.PriorityClass.value":               true,
	"storage.v1.CSINodeSpec.drivers":                  true,
	"storage.v1.TokenRequest.audience":                true,
}
