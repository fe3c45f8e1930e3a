import { defineConfig } from "tsup";
import program from "./tsup.config.ts";

/** What packages declare, beside what they run: most of the time of a build, and only for whoever imports them. */
export default defineConfig({
  ...program,
  // tsup sets the deprecated `baseUrl` for its d.ts build; TypeScript 6 refuses it unless told.
  dts: { only: true, compilerOptions: { ignoreDeprecations: "6.0" } },
});
