/** Protobuf messages of the provider service <-> the plain data of provider.ts. */
import * as grpc from "@grpc/grpc-js";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";
import { Change, CheckResult, Diff, InvalidArgument } from "./provider";
import { secretsLike } from "./secrets";
import { Properties, propertiesFromWire, propertiesToWire } from "./values";

/** Reads properties, still with secret wrappers; undefined when the engine sent none. */
export function read(struct: Struct | undefined): Properties | undefined {
  return struct && propertiesFromWire(struct.toJavaScript());
}

/** Writes properties. @param like properties whose secrets are secret in the answer too */
export function write(properties: Properties, like: Properties): Struct {
  const wire = propertiesToWire(secretsLike(properties, like));
  return Struct.fromJavaScript(wire as Record<string, JavaScriptValue>);
}

export function checkResponse(result: CheckResult, like: Properties): proto.CheckResponse {
  const response = new proto.CheckResponse();
  response.setInputs(write(result.inputs, like));
  for (const { property, reason } of result.failures ?? []) {
    const failure = new proto.CheckFailure();
    failure.setProperty(property);
    failure.setReason(reason);
    response.addFailures(failure);
  }
  return response;
}

export function diffResponse(diff: Diff): proto.DiffResponse {
  const response = new proto.DiffResponse();
  const { DIFF_NONE, DIFF_SOME } = proto.DiffResponse.DiffChanges;
  response.setChanges(diff.changes.size === 0 ? DIFF_NONE : DIFF_SOME);
  response.setHasdetaileddiff(true);
  const topLevel = new Set<string>();
  for (const [path, change] of diff.changes) {
    topLevel.add(topLevelKey(path));
    if (change.replace) response.addReplaces(path);
    response.getDetaileddiffMap().set(path, propertyDiff(change));
  }
  response.setDiffsList([...topLevel]);
  return response;
}

function propertyDiff(change: Change): proto.PropertyDiff {
  const { ADD, ADD_REPLACE, DELETE, DELETE_REPLACE, UPDATE, UPDATE_REPLACE } = proto.PropertyDiff.Kind;
  const plain = { add: ADD, delete: DELETE, update: UPDATE };
  const replacing = { add: ADD_REPLACE, delete: DELETE_REPLACE, update: UPDATE_REPLACE };
  const result = new proto.PropertyDiff();
  result.setKind((change.replace ? replacing : plain)[change.kind]);
  result.setInputdiff(true);
  return result;
}

function topLevelKey(path: string): string {
  const quoted = /^\["((?:[^"\\]|\\.)*)"\]/.exec(path);
  return quoted ? (JSON.parse(`"${quoted[1] ?? ""}"`) as string) : path.replace(/[.[].*$/s, "");
}

/** Returns the gRPC status for a thrown error. */
export function errorStatus(error: unknown): Partial<grpc.StatusObject> {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof InvalidArgument ? grpc.status.INVALID_ARGUMENT : grpc.status.UNKNOWN;
  return { code, details: message, metadata: new grpc.Metadata() };
}
