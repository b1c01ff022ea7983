/** pulumi-resource-command: @pulumi/command without the plugin that must be downloaded. */
import "../lib/sourceMaps";
import { serve } from "../lib";
import { provider } from "./provider";

void serve(provider);
