import { StorageError } from "@snaprag/storage";
import { describe, expect, it } from "vitest";
import { brokenDatabase } from "../../src/commands/database/open-database.ts";

const FOLDER = ".snaprag/db";

describe("brokenDatabase()", () => {
  it.each([
    ["out_of_resources", new RangeError("could not allocate memory"), "memory"],
    ["out_of_resources", { code: "ENOSPC", syscall: "write" }, `Make room where ${FOLDER} is`],
    ["unauthorized", { code: "EACCES", syscall: "open" }, "writable"],
    ["unknown", { code: "ERR_MODULE_NOT_FOUND" }, "Install snaprag anew"],
    ["unknown", { code: "ENOTDIR", syscall: "mkdir" }, `${FOLDER} can be a folder`],
  ] as const)(
    "says nothing of deleting where %s does not concern the database: %o",
    (code, what, advice) => {
      const cause = what instanceof Error ? what : Object.assign(new Error("it failed"), what);
      const broken = brokenDatabase(new StorageError(code, "cannot be opened", { cause }), FOLDER);

      expect(broken.advice).toContain(advice);
      expect(broken.advice).not.toMatch(/delete/i);
    },
  );

  it("has a broken one deleted only as a last resort", () => {
    const cause = new Error("PGlite failed to initialize properly");
    const broken = brokenDatabase(
      new StorageError("connection", "cannot be opened", { cause }),
      FOLDER,
    );

    expect(broken.advice).toContain(`as a last resort, delete the folder ${FOLDER}`);
  });
});
