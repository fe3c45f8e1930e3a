// `npm run audit` against registries: whether there was an answer is told apart from what it was.
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const SCRIPT = fileURLToPath(new URL("../scripts/audit.mjs", import.meta.url));
const NONE = { info: 0, low: 0, moderate: 0, high: 0, critical: 0 };

interface Outcome {
  readonly status: number | null;
  readonly said: string;
}

async function audit(registry: string): Promise<Outcome> {
  const child = execFile(process.execPath, [SCRIPT, "--registry", registry]);
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (text: string) => {
      said += text;
    });
  }
  const [status] = (await once(child, "close")) as [number | null];
  return { status, said };
}

/** Asks a registry that answers every question so. */
async function auditAgainst(status: number, answer: object): Promise<Outcome> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(answer));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  try {
    return await audit(`http://127.0.0.1:${port}/`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe.concurrent("npm run audit", () => {
  it("says that none was found when the registry has answered so", async () => {
    const outcome = await auditAgainst(200, {
      advisories: {},
      metadata: { vulnerabilities: NONE },
    });

    expect(outcome).toEqual({ status: 0, said: expect.stringMatching(/^None found/) });
  });

  it("fails with what the registry knows", async () => {
    const advisory = {
      id: 1,
      severity: "high",
      module_name: "pg",
      vulnerable_versions: "<99.0.0",
      title: "Something bad",
      url: "https://example.org/1",
      findings: [{ version: "8.23.1", paths: ["apps__cli>pg"] }],
    };
    const vulnerabilities = { ...NONE, high: 1 };
    const outcome = await auditAgainst(200, {
      advisories: { 1: advisory },
      metadata: { vulnerabilities },
    });

    expect(outcome.status).toBe(1);
    expect(outcome.said).toContain("high: pg <99.0.0: Something bad (https://example.org/1)");
    expect(outcome.said).toContain("Found: 1 high");
  });

  it("says that it could not be asked when it was refused", async () => {
    const outcome = await auditAgainst(405, {});

    expect(outcome).toEqual({ status: 75, said: expect.stringMatching(/^Could not be asked/) });
  });
});
