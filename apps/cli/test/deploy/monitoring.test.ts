// The shipped dashboard and alert rules agree with the documents and with each other. That a running
// sync exposes what they ask for is held by monitor.e2e.test.ts.
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { readComposeFile, readRepositoryFile } from "../support/deploy-files.ts";
import { listQueries, missingOf, readAlertRules } from "../support/monitoring-queries.ts";

const DOCUMENT = readRepositoryFile("docs/monitoring.md");
const CONFIGURATION = parse(readRepositoryFile("deploy/prometheus/prometheus.yml"));

describe("alerts.yaml", () => {
  const rules = readAlertRules();

  it("links each alert to its own part of docs/monitoring.md, and that has no others", () => {
    const headings = [...DOCUMENT.matchAll(/^### (\w+)$/gm)].map(([, name]) => name);

    expect(headings).toEqual(rules.map(({ alert }) => alert));
    for (const { alert, annotations } of rules) {
      const [page, anchor] = annotations.runbook_url.split("#");
      expect(page).toBe("https://github.com/snaprag/snaprag/blob/main/docs/monitoring.md");
      expect(anchor).toBe(alert.toLowerCase());
    }
  });

  it("has the severity that the document says", () => {
    const critical = [...DOCUMENT.matchAll(/^### (\w+)\n\nCritical: /gm)].map(([, name]) => name);
    const said = rules.filter(({ labels }) => labels.severity === "critical");

    expect(said.map(({ alert }) => alert)).toEqual(critical);
    expect(new Set(rules.map(({ labels }) => labels.severity))).toEqual(
      new Set(["critical", "warning"]),
    );
  });

  it("has each alert fire in a case of promtool's", () => {
    const { tests } = parse(readRepositoryFile("deploy/prometheus/alerts.test.yaml"));
    const cases: { alertname: string; exp_alerts?: unknown }[] = tests.flatMap(
      ({ alert_rule_test: list }: { alert_rule_test: object[] }) => list,
    );
    for (const { alert } of rules) {
      const own = cases.filter(({ alertname }) => alertname === alert);
      expect([alert, own.some((each) => each.exp_alerts)]).toEqual([alert, true]);
      expect([alert, own.some((each) => !each.exp_alerts)]).toEqual([alert, true]);
    }
  });
});

describe("the name of the job", () => {
  it("is the same in Prometheus, the rules, the dashboard and the document", () => {
    const [job] = CONFIGURATION.scrape_configs;
    const named = listQueries().flatMap(({ text }) => [...text.matchAll(/\bjob="(\w+)"/g)]);
    const [, documented, port = ""] =
      /job_name: (\w+)\n.*\n.*\["localhost:(\d+)"\]/.exec(DOCUMENT) ?? [];

    expect(named.length).toBeGreaterThan(20);
    expect(new Set(named.map(([, name]) => name))).toEqual(new Set([job.job_name]));
    expect(documented).toBe(job.job_name);
    expect(DOCUMENT).toContain(`--monitor ${port}\``);
  });
});

describe("deploy/grafana", () => {
  it("has the dashboard where its provider and its settings look for it", () => {
    const { grafana } = readComposeFile().services;
    const targets = grafana?.volumes?.map((volume) => volume.split(":")[1]) ?? [];
    const { providers } = parse(readRepositoryFile("deploy/grafana/provider.yaml"));
    const home = grafana?.environment?.["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"];

    expect(targets).toContain(home);
    expect(home?.startsWith(`${providers[0].options.path}/`)).toBe(true);
  });

  it("asks the Prometheus that compose starts, as often as that reads", () => {
    const { datasources } = parse(readRepositoryFile("deploy/grafana/datasource.yaml"));
    const { host, port } = new URL(datasources[0].url);
    const published = readComposeFile().services["prometheus"]?.ports[0];

    expect(host).toBe(`prometheus:${port}`);
    expect(published?.endsWith(`:${port}`)).toBe(true);
    expect(datasources[0].jsonData.timeInterval).toBe(CONFIGURATION.global.scrape_interval);
  });
});

describe("missingOf()", () => {
  const exposed = 'snaprag_ready 1\nsnaprag_lag_seconds{shard="0"} 2\n';

  it.each([
    ["snaprag_redy", ["snaprag_redy"]],
    ["maximum(snaprag_ready)", ["maximum"]],
    ["max by (shard) (snaprag_ready)", ["snaprag_ready{shard}"]],
    ['snaprag_lag_seconds{shrd="1"}', ["snaprag_lag_seconds{shrd}"]],
    ['max by (shard) (snaprag_lag_seconds{job="a"}) > 1 and on () max(snaprag_ready) == 1', []],
  ])("finds in %s what nobody exposes", (text, missing) => {
    expect(missingOf({ text, shown: [] }, exposed)).toEqual(missing);
  });

  it("finds a label that is shown and that nothing has", () => {
    const query = { text: "max(snaprag_lag_seconds)", shown: ["chard"] };
    expect(missingOf(query, exposed)).toEqual(["snaprag_lag_seconds{chard}"]);
  });
});
