/** Commands that messages advise. Pure. */
import { clusterCommand } from "./context";

/**
 * Returns a text whose `./cluster` commands name the stack. Messages are written for the default stack, also by parts
 * that know no stack. The printer of a message adds it here.
 */
export function nameStack(text: string, stack: string): string {
  return text.replace(/(?<![\w./])\.\/cluster (?=[a-z])/g, () => `${clusterCommand({ stack })} `);
}
