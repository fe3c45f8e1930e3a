import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { paginate } from "../../src/index.ts";
import { collect, rejectionOf } from "../support/eventually.ts";

const text = new TextEncoder();

/** Pages that follow each other by the tokens given. */
function pagesWithTokens(tokens: readonly (Uint8Array | undefined)[]) {
  const asked: (Uint8Array | undefined)[] = [];
  const fetchPage = async (pageToken: Uint8Array | undefined) => {
    const index = asked.push(pageToken) - 1;
    return { items: [index], nextPageToken: tokens[index] };
  };
  return { asked, fetchPage };
}

describe("paginate()", () => {
  it("sends back each token until a page comes without one", async () => {
    const tokens = [Uint8Array.of(1), Uint8Array.of(2), undefined];
    const { asked, fetchPage } = pagesWithTokens(tokens);

    expect(await collect(paginate(fetchPage))).toEqual([[0], [1], [2]]);
    expect(asked).toEqual([undefined, Uint8Array.of(1), Uint8Array.of(2)]);
  });

  it("starts at the token given", async () => {
    const { asked, fetchPage } = pagesWithTokens([undefined]);

    await collect(paginate(fetchPage, { pageToken: Uint8Array.of(9) }));

    expect(asked).toEqual([Uint8Array.of(9)]);
  });

  it.each(["", "[]", "[null]", "[null,null]", "[null,null,null]"])(
    "takes the token %j for the end",
    async (token) => {
      const { asked, fetchPage } = pagesWithTokens([text.encode(token)]);

      expect(await collect(paginate(fetchPage))).toEqual([[0]]);
      expect(asked).toHaveLength(1);
    },
  );

  it("goes on while one shard of several is unfinished", async () => {
    const { asked, fetchPage } = pagesWithTokens([text.encode("[null,[9,1]]"), undefined]);

    await collect(paginate(fetchPage));

    expect(asked).toHaveLength(2);
  });

  it("yields no page without items, yet goes on after one", async () => {
    const pages = [
      { items: [], nextPageToken: Uint8Array.of(1) },
      { items: ["a"], nextPageToken: undefined },
    ];

    expect(await collect(paginate<string>(async () => pages.shift()!))).toEqual([["a"]]);
  });

  it("does not follow a circle of tokens, whatever its length", async () => {
    const lengths = fc.integer({ min: 1, max: 20 });
    await fc.assert(
      fc.asyncProperty(lengths, lengths, async (lead, circle) => {
        const tokens = Array.from({ length: lead + circle }, (_, index) => Uint8Array.of(index));
        const { asked, fetchPage } = pagesWithTokens([...tokens, tokens[lead]]);

        const error = await rejectionOf(
          collect(paginate(fetchPage, { method: "/HubService/GetFids" })),
        );

        expect(error).toMatchObject({ code: "malformed_response", method: "/HubService/GetFids" });
        expect(asked).toHaveLength(lead + circle + 1);
      }),
    );
  });

  it("counts the token it started from", async () => {
    const { fetchPage } = pagesWithTokens([Uint8Array.of(9)]);

    const error = await rejectionOf(collect(paginate(fetchPage, { pageToken: Uint8Array.of(9) })));

    expect(error).toMatchObject({ code: "malformed_response" });
  });

  it("fetches nothing before it is pulled, and nothing after its loop is left", async () => {
    const { asked, fetchPage } = pagesWithTokens([Uint8Array.of(1), Uint8Array.of(2)]);
    const pages = paginate(fetchPage);
    expect(asked).toHaveLength(0);

    for await (const _page of pages) break;

    expect(asked).toHaveLength(1);
  });
});
