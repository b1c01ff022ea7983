import * as z from "zod/mini";
import { parseJson, type Parsed } from "@inaetics/samples";

const name = z.string().check(z.minLength(1), z.maxLength(253), z.regex(/^[^/]*$/, "has a slash"));

const endpointSchema = z.object({
  /** Unique within the framework: `queue`, `store`, `statistics`. */
  id: name,
  /** The service's interface, a Java name. */
  interface: z.string().check(z.minLength(1)),
  properties: z.record(z.string(), z.string()),
  /** The wire that reaches it. */
  wire: z.object({ zone: name, node: name, id: name }),
});
export type Endpoint = Readonly<z.infer<typeof endpointSchema>>;

const endpointDescriptionSchema = z.object({ framework: name, endpoints: z.array(endpointSchema) });

/** Endpoints that a framework (a pod) offers to others. */
export interface EndpointDescription {
  readonly framework: string;
  readonly endpoints: readonly Endpoint[];
}

/** Reads the value of a framework's key. Never throws, because other programs may have written it. */
export function parseEndpoints(text: string): Parsed<EndpointDescription> {
  return parseJson(endpointDescriptionSchema, text);
}

export function formatEndpoints(description: EndpointDescription): string {
  return JSON.stringify(description);
}
