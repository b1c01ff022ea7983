#!/usr/bin/env node
/** pulumi-resource-kubernetes: the offline plugin for programs of @pulumi/kubernetes. */
import { serve } from "../lib";
import { KubernetesProvider } from "./provider";

void serve(new KubernetesProvider());
