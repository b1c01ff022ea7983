// Package yaml registers objects of manifests as resources.
package yaml

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// coreGroup is how tokens call the group that has no name.
const coreGroup = "core/v1"

// RegisterResource registers an object of any kind, custom ones included, and returns the resource that it became.
func RegisterResource(ctx *pulumi.Context, apiVersion, kind, name string, object pulumi.Input,
	options ...pulumi.ResourceOption,
) (pulumi.CustomResource, error) {
	var registered pulumi.CustomResourceState
	if err := ctx.RegisterResource(token(apiVersion, kind), name, object, &registered, options...); err != nil {
		return nil, err
	}
	return &registered, nil
}

// token is the type of a kind of object in Pulumi's state, e.g. kubernetes:apps/v1:Deployment.
func token(apiVersion, kind string) string {
	if apiVersion == "v1" {
		apiVersion = coreGroup
	}
	return "kubernetes:" + apiVersion + ":" + kind
}
