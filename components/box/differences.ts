/** Differences of the boxes from their configuration, found when the program starts. */
import * as pulumi from "@pulumi/pulumi";
import type { PlannedBox } from "@inaetics/model/cluster";
import { surveyBox, type Context } from "@inaetics/stack";
import type { Generation } from "./generations";

/**
 * Surveys all running boxes at once, and reports what differs. A box that does not answer counts as unchanged, because a
 * missing answer proves nothing. A box that is started again is configured again in any case.
 * @returns the differences of a box by its name; empty for one that does not run
 */
export function findDifferences(
  context: Context,
  boxes: readonly PlannedBox[],
  generations: Readonly<Record<string, Generation>>,
): (box: string) => Promise<readonly string[]> {
  const found = new Map(
    boxes.map(({ name, address }) => {
      const state = generations[name]?.state;
      if (state === "running") return [name, differencesOf(context, name, address)] as const;
      if (state !== undefined) void pulumi.log.info(`${name}: the box is ${state}`);
      return [name, Promise.resolve([])] as const;
    }),
  );
  return (box) => found.get(box) ?? Promise.resolve([]);
}

async function differencesOf(context: Context, name: string, address: string): Promise<readonly string[]> {
  const survey = await surveyBox(context, address);
  if ("problem" in survey) return [];
  for (const each of survey.drift) void pulumi.log.info(`${name}: ${each}; its configuration is applied again`);
  for (const each of survey.notes) void pulumi.log.info(`${name}: ${each}`);
  return survey.drift;
}
