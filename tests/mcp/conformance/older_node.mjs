// The suite imports fs.globSync, which Node has from 22 on, for a command of its own that no test runs (0.1.16). Loaded before
// it, this lets it start on Node 20 as well; from 22 on it changes nothing.
import * as fs from "node:fs";
import { register } from "node:module";

if (!("globSync" in fs)) {
  const standIn = 'export * from "node:fs"; export { default } from "node:fs"; export const globSync = undefined;';
  const address = "data:text/javascript," + encodeURIComponent(standIn);
  const hooks = `export const resolve = (name, context, next) =>
    name === "fs" && !context.parentURL?.startsWith("data:")
      ? { url: ${JSON.stringify(address)}, shortCircuit: true }
      : next(name, context);`;
  register("data:text/javascript," + encodeURIComponent(hooks));
}
