// Command pulumi-resource-kubernetes is Pulumi's own provider of Kubernetes resources.
//
// Its schema lies in the provider's module: tools/gobuild.ts puts it into this folder for the time of the build.
package main

import (
	_ "embed"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version"
)

//go:embed schema.json
var schema []byte

//go:embed terraform-mapping.json
var terraformMapping []byte

func main() { provider.Serve("kubernetes", version.Version, schema, terraformMapping) }
