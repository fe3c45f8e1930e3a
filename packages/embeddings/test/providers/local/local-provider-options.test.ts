import { describe, expect, it } from "vitest";
import type { LocalProviderOptions } from "../../../src/index.ts";
import { openLocalProvider } from "../../../src/index.ts";
import { resolveLocalProviderOptions } from "../../../src/providers/local/local-provider-options.ts";

describe("resolveLocalProviderOptions()", () => {
  it("applies the documented defaults", () => {
    expect(resolveLocalProviderOptions({ model: "tiny" })).toEqual({
      model: "tiny",
      folder: undefined,
      isDownloadAllowed: true,
      pooling: "mean",
      dtype: "fp32",
      maxTokens: undefined,
      maxBatchTexts: 16,
      prefixes: { document: "", query: "" },
      dimension: undefined,
      threads: undefined,
    });
  });

  // Safety: these are what JavaScript, or a file of settings, may pass.
  const refused = [
    [{ model: "" }, '`model` to be a text, got ""'],
    [{ folder: "" }, "`folder`"],
    [{ pooling: "max" }, '`pooling` to be one of mean, cls, last_token, got "max"'],
    [{ dtype: "fp8" }, 'got "fp8"'],
    [{ maxTokens: 0 }, "`maxTokens`"],
    [{ maxBatchTexts: 0.5 }, "got 0.5"],
    [{ dimension: -3 }, "`dimension`"],
    [{ threads: 0 }, "`threads`"],
  ] as unknown as readonly (readonly [Partial<LocalProviderOptions>, string])[];

  it.each(refused)("refuses %j", async (options, message) => {
    const opening = openLocalProvider({ model: "tiny", ...options });

    await expect(opening).rejects.toThrow(TypeError);
    await expect(opening).rejects.toThrow(message);
  });
});
