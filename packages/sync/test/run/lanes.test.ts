import { describe, expect, it } from "vitest";
import { createLanes } from "../../src/run/lanes.ts";
import { together } from "../../src/run/together.ts";

/** Tasks that end when told, and how many of them run. */
function createTasks() {
  const running: (() => void)[] = [];
  let most = 0;
  const task = () =>
    new Promise<void>((resolve) => {
      running.push(resolve);
      most = Math.max(most, running.length);
    });
  return {
    task,
    mostAtATime: () => most,
    async endAll() {
      while (running.length > 0) {
        running.shift()?.();
        await new Promise(setImmediate);
      }
    },
  };
}

describe("createLanes()", () => {
  it("runs no more tasks at a time than there are lanes, and all of them", async () => {
    const lanes = createLanes(3);
    const tasks = createTasks();
    const all = Promise.all(Array.from({ length: 10 }, () => lanes.run(tasks.task)));

    await tasks.endAll();
    await all;

    expect(tasks.mostAtATime()).toBe(3);
  });

  it("frees the lane of a task that fails", async () => {
    const lanes = createLanes(1);
    const failing = lanes.run(() => Promise.reject(new Error("no")));
    const next = lanes.run(async () => "yes");

    await expect(failing).rejects.toThrow("no");
    expect(await next).toBe("yes");
  });
});

describe("together()", () => {
  it("ends the run at the first failure, but settles only when all work has", async () => {
    const reasons: unknown[] = [];
    let finish = () => {};
    const slow = new Promise<void>((resolve) => {
      finish = resolve;
    });
    let isSettled = false;
    const all = together([slow, Promise.reject(new Error("first"))], (reason) =>
      reasons.push(reason),
    ).finally(() => {
      isSettled = true;
    });
    all.catch(() => undefined);
    await new Promise(setImmediate);

    expect(reasons).toEqual([new Error("first")]);
    expect(isSettled).toBe(false);
    finish();
    await expect(all).rejects.toThrow("first");
  });
});
