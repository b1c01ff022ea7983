/** Autoscaling policy from the stack's configuration. Pure. */
import { defaultPolicy, parsePolicy, type Policy } from "@inaetics/autoscaling";

/** Separate settings that are part of the policy. */
export interface Limits {
  readonly minProcessors?: number;
  readonly maxProcessors?: number;
}

/**
 * Reads the setting `autoscaling`: JSON of a whole or partial policy; `min` and `max` are separate settings.
 * @returns the policy, or the default one with the problems found
 */
export function autoscalingPolicy(
  text: string | undefined,
  { minProcessors: min = defaultPolicy.min, maxProcessors: max = defaultPolicy.max }: Limits,
): { readonly policy: Policy; readonly problem: string | undefined } {
  const without = (problem: string) => ({ policy: { ...defaultPolicy, min, max }, problem });
  const written = parseObject(text ?? "{}");
  if (written === undefined) {
    return without(
      `autoscaling: got ${JSON.stringify(text)}; allowed: an object of parameters; do: pulumi config rm autoscaling, then pulumi config set --path autoscaling.policy ${defaultPolicy.policy}`,
    );
  }
  for (const [own, setting] of [
    ["min", "minProcessors"],
    ["max", "maxProcessors"],
  ] as const) {
    if (!Object.hasOwn(written, own)) continue;
    const got = JSON.stringify(written[own]);
    return without(
      `autoscaling.${own}: got ${got}; allowed: only the setting ${setting} sets it; do: pulumi config rm --path autoscaling.${own}, then pulumi config set ${setting} ${got}`,
    );
  }
  const policy = parsePolicy({ ...written, min, max });
  return policy.ok
    ? { policy: policy.value, problem: undefined }
    : without(`${policy.problem}; see docs/autoscaling.md`);
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
