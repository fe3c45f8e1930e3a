import { describe, expect, it } from "vitest";
import type { Faults } from "../../src/faults/create-faults.ts";
import { createFaults } from "../../src/faults/create-faults.ts";
import type { FaultPlan } from "../../src/index.ts";

function faultsOf(plan: FaultPlan, seed = "seed"): Faults {
  return createFaults({ seed, plan });
}

/** Which of a number of occasions a fault strikes at. */
function strikes(faults: Faults, count: number, name: "drop" | "duplicate" = "drop"): string {
  const occasions = Array.from({ length: count }, () => faults.strike(name));
  return occasions.map((fault) => (fault === undefined ? "." : "x")).join("");
}

const things = Array.from({ length: 2000 }, (_, index) => Uint8Array.of(index >> 8, index & 0xff));

describe("createFaults()", () => {
  it("never strikes without a plan, and always with one that says nothing more", () => {
    expect(strikes(faultsOf({}), 5)).toBe(".....");
    expect(strikes(faultsOf({ drop: {} }), 5)).toBe("xxxxx");
    expect(faultsOf({}).isQuiet()).toBe(true);
    expect(faultsOf({ rpcErrors: [] }).isQuiet()).toBe(true);
    expect(faultsOf({ drop: {} }).isQuiet()).toBe(false);
  });

  it("strikes after so many occasions, and so many times", () => {
    expect(strikes(faultsOf({ drop: { after: 2, times: 3 } }), 8)).toBe("..xxx...");
  });

  it("strikes at the share of occasions that it is told, by its seed", () => {
    const plan = { drop: { chance: 0.2 } };
    const struck = strikes(faultsOf(plan), 2000);
    const share = struck.replaceAll(".", "").length / struck.length;

    expect(share).toBeGreaterThan(0.15);
    expect(share).toBeLessThan(0.25);
    expect(strikes(faultsOf(plan), 2000)).toBe(struck);
    expect(strikes(faultsOf(plan, "another"), 2000)).not.toBe(struck);
  });

  it("has dice of its own for each fault", () => {
    const plan = { drop: { chance: 0.5 }, duplicate: { chance: 0.5 } };
    const [alone, mixed] = [faultsOf(plan), faultsOf(plan)];
    const expected = strikes(alone, 40);
    let drops = "";
    for (let index = 0; index < 40; index++) {
      drops += strikes(mixed, 1);
      strikes(mixed, index % 3, "duplicate");
    }

    expect(drops).toBe(expected);
    expect(strikes(faultsOf(plan), 40, "duplicate")).not.toBe(expected);
  });

  it("counts what struck over all plans, and occasions from each plan on", () => {
    const faults = faultsOf({ drop: { times: 1 } });
    strikes(faults, 3);
    faults.set({ drop: { times: 2 } });
    strikes(faults, 3);
    faults.set({});
    strikes(faults, 3);

    expect(faults.counts()).toEqual(new Map([["drop", 3]]));
  });

  it("keeps its plan when the next one is none", () => {
    const faults = faultsOf({ drop: {} });
    expect(() => faults.set({ drop: { chance: 7 } })).toThrow(TypeError);

    expect(strikes(faults, 1)).toBe("x");
  });

  it("lets the first entry of a list strike that applies, and counts no occasion for others", () => {
    const faults = faultsOf({
      rpcErrors: [
        { method: "GetEvents", code: 14, after: 1, times: 1 },
        { method: "GetInfo", code: 13 },
        { method: "GetEvents", code: 4 },
      ],
    });
    const codeOf = (method: string) =>
      faults.strike("rpcErrors", (fault) => fault.method === method)?.code;

    expect(["GetInfo", "GetEvents", "GetEvents", "GetEvents", "GetCast"].map(codeOf)).toEqual([
      13,
      4,
      14,
      4,
      undefined,
    ]);
  });

  it("strikes the same things however often and in whatever order it is asked", () => {
    const faults = faultsOf({ corruptMessages: { chance: 0.1 } });
    const isStruck = (thing: Uint8Array) =>
      faults.findStanding("corruptMessages", thing) !== undefined;
    const struck = things.filter(isStruck);
    const backwards = things.toReversed().filter(isStruck).reverse();

    expect(backwards).toEqual(struck);
    expect(struck.length).toBeGreaterThan(140);
    expect(struck.length).toBeLessThan(260);
  });
});
