import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Limit } from "../../../src/historical/plan/download-limits.ts";
import { createDownloadLimits } from "../../../src/historical/plan/download-limits.ts";

/** Fills a limit with work that never ends, and returns how much of it has begun. */
async function countBegun({ run }: Limit): Promise<number> {
  let begun = 0;
  for (let count = 0; count < 100; count++) {
    void run(0, () => {
      begun += 1;
      return new Promise(() => undefined);
    });
  }
  await delay(0);
  return begun;
}

const noWork = async () => undefined;

/** Pages that come one at a time, each when the one before is done with. */
async function passPages({ run }: Limit, count: number): Promise<void> {
  for (let page = 0; page < count; page++) await run(0, noWork);
}

describe("createDownloadLimits()", () => {
  it("keeps to the lanes that it is told", async () => {
    const { lanes, pages } = createDownloadLimits({ lanes: 3 });
    await passPages(pages, 100);

    expect(await countBegun(lanes)).toBe(3);
  });

  it("begins with eight lanes, and adds one whenever no page waits", async () => {
    const { lanes, pages } = createDownloadLimits({ lanes: undefined });
    await passPages(pages, 5);

    expect(await countBegun(lanes)).toBe(13);
  });

  it("adds no more than there may be", async () => {
    const { lanes, pages } = createDownloadLimits({ lanes: undefined });
    await passPages(pages, 1000);

    expect(await countBegun(lanes)).toBe(64);
  });

  it("takes lanes back when pages wait for each other", async () => {
    const { lanes, pages } = createDownloadLimits({ lanes: undefined });
    await passPages(pages, 1000);
    await countBegun(pages);

    expect(await countBegun(lanes)).toBe(8);
  });

  it("works on five pages at a time", async () => {
    expect(await countBegun(createDownloadLimits({ lanes: 64 }).pages)).toBe(5);
  });

  it("takes pages of the longest partition first", async () => {
    const { pages } = createDownloadLimits({ lanes: undefined });
    const order: number[] = [];
    const take = (pageNumber: number) =>
      pages.run(pageNumber, async () => {
        await delay(1);
        order.push(pageNumber);
      });
    await Promise.all([1, 1, 1, 1, 1, 2, 5, 3].map(take));

    expect(order).toEqual([1, 1, 1, 1, 1, 5, 3, 2]);
  });

  it("gives the turn of a page that fails to the next", async () => {
    const { pages } = createDownloadLimits({ lanes: undefined });
    const failing = Array.from({ length: 3 }, () =>
      pages.run(0, () => Promise.reject(new Error("no"))),
    );
    const next = pages.run(0, noWork);

    await expect(Promise.all(failing)).rejects.toThrow("no");
    await next;
  });
});
