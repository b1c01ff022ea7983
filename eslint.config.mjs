import js from "@eslint/js";
import pulumi from "@pulumi/eslint-plugin";
import prettier from "eslint-config-prettier";
import tseslint from "typescript-eslint";

/** Order of floors, the lowest first. Each imports those below it, and itself. docs/architecture.md has the picture. */
const floors = [
  ["packages/base"],
  ["packages/workstation", "packages/samples", "packages/web"],
  ["packages/autoscaling", "packages/service"],
  ["packages/discovery", "packages/model"],
  ["packages/stack"],
  ["tools", "plugins", "images"],
  ["components"],
  ["cli"],
  ["bench"],
  ["tests"],
];

/** Returns the names of those rooms that are packages. */
const packageNames = (rooms) =>
  rooms.filter((each) => each.startsWith("packages/")).map((each) => each.slice("packages/".length));

/** Forbids arrows upwards and sideways, by the names of packages and by paths. */
const noArrowsUpwards = floors.flatMap((floor, level) =>
  floor.map((room) => {
    const others = floors
      .slice(level)
      .flat()
      .filter((each) => each !== room);
    const packages = packageNames(others);
    const folders = others.filter((each) => !each.startsWith("packages/"));
    const message = `${room} is below it; the order of floors is in eslint.config.mjs`;
    return {
      files: [`${room}/**/*.ts`],
      rules: {
        "@typescript-eslint/no-restricted-imports": [
          "error",
          {
            patterns: [
              {
                // Other folders may be called `packages`, too.
                regex: `/packages/(${packageNames(floors.flat()).join("|")})(/|$)`,
                message: "Packages are imported by their names, e.g. @inaetics/base",
              },
              ...(packages.length === 0 ? [] : [{ regex: `^@inaetics/(${packages.join("|")})(/|$)`, message }]),
              ...(folders.length === 0 ? [] : [{ regex: `^(\\.\\./)+(${folders.join("|")})/`, message }]),
            ],
          },
        ],
      },
    };
  }),
);

/** Names that Node gives to scripts, as far as those here use them. */
const nodeGlobals = Object.fromEntries(
  ["Buffer", "__dirname", "__filename", "console", "process"].map((name) => [name, "readonly"]),
);

export default tseslint.config(
  { ignores: ["**/node_modules/", "**/dist/", ".build/", ".state/", "**/target/"] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { project: "./tsconfig.json" } },
    plugins: { "@pulumi": pulumi },
    rules: {
      "@pulumi/no-output-in-template-literal": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      // Interfaces that want a promise are met by async functions, whether or not they wait for anything.
      "@typescript-eslint/require-await": "off",
      "max-lines": ["error", { max: 300 }],
      "no-restricted-syntax": [
        "error",
        {
          selector:
            "ObjectExpression > SpreadElement > ObjectExpression, ArrayExpression > SpreadElement > ArrayExpression",
          message: "Write the parts out: a misspelt option in a spread literal compiles.",
        },
      ],
    },
  },
  {
    // Plain scripts of Node, which no tsconfig covers: rules without types.
    files: ["**/*.js", "**/*.mjs"],
    languageOptions: { ...tseslint.configs.disableTypeChecked.languageOptions, globals: nodeGlobals },
    rules: { ...tseslint.configs.disableTypeChecked.rules, "@pulumi/no-output-in-template-literal": "off" },
  },
  {
    files: ["**/*.js"],
    languageOptions: { sourceType: "commonjs" },
    rules: { "@typescript-eslint/no-require-imports": "off" },
  },
  {
    // chai's property assertions are expressions.
    files: ["tests/**/*.ts"],
    rules: { "@typescript-eslint/no-unused-expressions": "off" },
  },
  ...noArrowsUpwards,
  prettier,
);
