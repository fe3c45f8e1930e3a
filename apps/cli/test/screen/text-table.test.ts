import { describe, expect, it } from "vitest";
import { textTable } from "../../src/screen/text-table.ts";

describe("textTable()", () => {
  it("aligns the first column to the left and the others to the right", () => {
    const lines = textTable(
      ["table", "live"],
      [
        ["casts", "1,234"],
        ["links", "5"],
      ],
    );

    expect(lines).toEqual(["table   live", "casts  1,234", "links      5"]);
  });
});
