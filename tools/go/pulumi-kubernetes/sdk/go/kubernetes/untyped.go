// Package kubernetes stands in for the Go SDK that the provider imports.
//
// The provider registers the objects of charts, kustomizations and manifests by it. The published SDK has a Go type of
// each kind of object for that, which take longer to compile than the rest of the provider together; none is used
// for anything but its token. Here objects are registered by their token, without types.
package kubernetes

import "reflect"

// UntypedArgs is an object as it stands in a manifest.
type UntypedArgs map[string]any

// ElementType makes it an input of a resource.
func (UntypedArgs) ElementType() reflect.Type { return reflect.TypeFor[map[string]any]() }
