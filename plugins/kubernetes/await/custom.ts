/** The conditions that a program asks for itself with the annotation pulumi.com/waitFor. */
import { Value } from "../../lib";
import { annotations } from "../annotations";
import { annotation, condition, KubeObject, show as showValue, text } from "../objects";
import { isObject } from "../../lib";
import { Readiness, Rule } from "./readiness";

type Test = (object: KubeObject) => Readiness;

const forms = '"jsonpath={.path}", "jsonpath={.path}=value", "condition=Type" or "condition=Type=Status"';

/**
 * The rule in the annotation, or undefined when there is none.
 * @throws an error with the allowed forms
 */
export function customRule(object: KubeObject): Rule | undefined {
  const given = annotation(object, annotations.waitFor);
  if (given === "") return undefined;
  const tests = expressions(given).map(testOf);
  return {
    seconds: 600,
    check: (live) => tests.map((test) => test(live)).find((each) => each.state !== "ready") ?? ready,
  };
}

const ready: Readiness = { state: "ready" };

function expressions(given: string): readonly string[] {
  if (!given.trimStart().startsWith("[")) return [given];
  const parsed = JSON.parse(given) as unknown;
  const all = Array.isArray(parsed) ? parsed.filter((each): each is string => typeof each === "string") : [];
  if (all.length === 0) throw new Error(`got ${annotations.waitFor}: ${given}; allowed is a list of ${forms}`);
  return all;
}

function testOf(expression: string): Test {
  const path = /^jsonpath=\{?\.?([^={}]+)\}?(?:=(.*))?$/.exec(expression);
  if (path) return pathTest((path[1] ?? "").trim(), path[2]);
  const [, type = "", status = "True"] = /^condition=([^=]+)(?:=(.+))?$/.exec(expression) ?? [];
  if (type !== "") return conditionTest(type, status);
  throw new Error(`got ${annotations.waitFor}: "${expression}"; allowed are ${forms}`);
}

function conditionTest(type: string, status: string): Test {
  return (object) => {
    const found = condition(object, type);
    if (text(found, "status").toLowerCase() === status.toLowerCase()) return ready;
    return { state: "waiting", message: `condition ${type} is ${text(found, "status") || "not there"}, not ${status}` };
  };
}

function pathTest(path: string, wanted: string | undefined): Test {
  const keys = path.split(/\.|\[|\]/).filter((key) => key !== "");
  return (object) => {
    const value = keys.reduce<Value | undefined>(step, object);
    const shown = value === undefined || value === null ? "not there" : showValue(value);
    const holds =
      wanted === undefined ? value !== undefined && value !== null : shown === wanted.replace(/^"(.*)"$/, "$1");
    return holds
      ? ready
      : { state: "waiting", message: `.${path} is ${shown}${wanted === undefined ? "" : `, not ${wanted}`}` };
  };
}

function step(value: Value | undefined, key: string): Value | undefined {
  if (Array.isArray(value)) return (value as readonly Value[])[Number(key)];
  return isObject(value) ? value[key] : undefined;
}
