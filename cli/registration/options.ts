import { Option } from "commander";

/** Value of `--json`. */
export interface JsonOption {
  readonly json?: boolean;
}

/** Value of `--yes`. */
export interface YesOption {
  readonly yes?: boolean;
}

/** Makes the option `--json`. */
export function jsonOption(description = "print JSON instead of text"): Option {
  return new Option("--json", description);
}

/** Makes the option `--yes`. */
export function yesOption(description = "do not ask"): Option {
  return new Option("-y, --yes", description);
}
