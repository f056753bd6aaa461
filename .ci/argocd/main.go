// Argo CD's own server of config management plugins, and what the repo server asks of it; and the Applications that
// Argo CD's own generators make of an ApplicationSet. .ci/tools builds this in a copy of Argo CD's module.
//
//	argocd serve CONFIG-FOLDER              as argocd-cmp-server does, on the socket below ARGOCD_PLUGINSOCKFILEPATH
//	argocd generate REPOSITORY APP [ENV=V]  the manifests of a folder of a repository, as JSON lines
//	argocd applications REPOSITORY FILE     the Applications of an ApplicationSet whose repository this is
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"

	log "github.com/sirupsen/logrus"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/yaml"

	"github.com/argoproj/argo-cd/v3/applicationset/controllers/template"
	"github.com/argoproj/argo-cd/v3/applicationset/generators"
	"github.com/argoproj/argo-cd/v3/applicationset/utils"
	"github.com/argoproj/argo-cd/v3/cmpserver"
	"github.com/argoproj/argo-cd/v3/cmpserver/apiclient"
	"github.com/argoproj/argo-cd/v3/cmpserver/plugin"
	"github.com/argoproj/argo-cd/v3/common"
	"github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
	"github.com/argoproj/argo-cd/v3/util/cmp"
)

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}

func serve(folder string) {
	config := must(plugin.ReadPluginConfig(folder))
	must(cmpserver.NewServer(plugin.CMPServerInitConstants{PluginConfig: *config})).Run()
}

// generate does what the repo server does: asks whether the plugin is for the folder, then for its manifests.
func generate(repository, app string, env []string) {
	sockets := must(filepath.Glob(filepath.Join(common.GetPluginSockFilePath(), "*.sock")))
	if len(sockets) != 1 {
		must(0, fmt.Errorf("%d sockets", len(sockets)))
	}
	closer, client, err := apiclient.NewConfigManagementPluginClientSet(sockets[0]).NewConfigManagementPluginClient()
	must(0, err)
	defer closer.Close()
	ctx := context.Background()
	match := must(client.MatchRepository(ctx))
	must(0, cmp.SendRepoStream(ctx, app, repository, match, env, nil))
	if supported := must(match.CloseAndRecv()); !supported.IsSupported {
		must(0, fmt.Errorf("the plugin is not for %s", app))
	}
	stream := must(client.GenerateManifest(ctx))
	must(0, cmp.SendRepoStream(ctx, app, repository, stream, env, nil))
	for _, manifest := range must(stream.CloseAndRecv()).Manifests {
		fmt.Println(manifest)
	}
}

// checkout serves the git generator from a folder.
type checkout struct{ root string }

func (c checkout) walk(directories bool) []string {
	var found []string
	must(0, filepath.WalkDir(c.root, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := must(filepath.Rel(c.root, path))
		if entry.IsDir() && strings.HasPrefix(entry.Name(), ".") && name != "." {
			return filepath.SkipDir
		}
		if entry.IsDir() == directories && name != "." {
			found = append(found, name)
		}
		return nil
	}))
	sort.Strings(found)
	return found
}

func (c checkout) GetDirectories(context.Context, string, string, string, bool, *v1alpha1.SourceIntegrity) ([]string, error) {
	return c.walk(true), nil
}

func (c checkout) GetFiles(_ context.Context, _, _, _, pattern string, _ bool, _ *v1alpha1.SourceIntegrity) (map[string][]byte, error) {
	found := map[string][]byte{}
	for _, name := range c.walk(false) {
		if match, _ := filepath.Match(pattern, name); match {
			found[name] = must(os.ReadFile(filepath.Join(c.root, name)))
		}
	}
	return found, nil
}

func applications(repository, file string) {
	var set v1alpha1.ApplicationSet
	must(0, yaml.Unmarshal(must(os.ReadFile(file)), &set))
	simple := map[string]generators.Generator{
		"List": generators.NewListGenerator(),
		"Git":  generators.NewGitGenerator(checkout{repository}, "argocd"),
	}
	nested := map[string]generators.Generator{"List": simple["List"], "Git": simple["Git"]}
	nested["Matrix"], nested["Merge"] = generators.NewMatrixGenerator(simple), generators.NewMergeGenerator(simple)
	all := map[string]generators.Generator{"List": simple["List"], "Git": simple["Git"]}
	all["Matrix"], all["Merge"] = generators.NewMatrixGenerator(nested), generators.NewMergeGenerator(nested)
	render := utils.Render{}
	scheme := runtime.NewScheme()
	must(0, v1alpha1.AddToScheme(scheme))
	project := v1alpha1.AppProject{}
	project.Name, project.Namespace = set.Spec.Template.Spec.Project, "argocd"
	client := fake.NewClientBuilder().WithScheme(scheme).WithObjects(&project).Build()
	made, _, err := template.GenerateApplications(log.NewEntry(log.New()), set, all, &render, client)
	must(0, err)
	for _, application := range made {
		application.TypeMeta.APIVersion, application.TypeMeta.Kind = "argoproj.io/v1alpha1", "Application"
		must(0, json.NewEncoder(os.Stdout).Encode(application))
	}
}

func main() {
	switch args := os.Args[1:]; {
	case len(args) == 2 && args[0] == "serve":
		serve(args[1])
	case len(args) >= 3 && args[0] == "generate":
		generate(args[1], args[2], args[3:])
	case len(args) == 3 && args[0] == "applications":
		applications(args[1], args[2])
	default:
		fmt.Fprintln(io.Writer(os.Stderr), "see the head of .ci/argocd/main.go")
		os.Exit(2)
	}
}
