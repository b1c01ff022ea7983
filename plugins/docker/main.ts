/** pulumi-resource-docker: the Image of @pulumi/docker without the plugin that must be downloaded. */
import "../lib/sourceMaps";
import { serve } from "../lib";
import { provider } from "./provider";

void serve(provider);
