// What the shipped dashboard and alert rules ask Prometheus for.
import { parse } from "yaml";
import { readRepositoryFile } from "./deploy-files.ts";

/** One alert of the shipped rules. */
export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook_url: string };
}

interface Panel {
  readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
}

interface Dashboard {
  readonly panels: readonly Panel[];
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
  readonly templating: { readonly list: readonly { readonly definition?: string }[] };
}

/** A query, and the labels that are shown of its result. */
export interface Query {
  readonly text: string;
  readonly shown: readonly string[];
}

/** Every alert that is shipped. */
export function readAlertRules(): readonly AlertRule[] {
  return parse(readRepositoryFile("deploy/prometheus/alerts.yaml")).groups[0].rules;
}

function labelsIn(text: string, pattern: RegExp): readonly string[] {
  return [...text.matchAll(pattern)].map(([, label = ""]) => label);
}

/** Every query of alerts and of the dashboard. */
export function listQueries(): readonly Query[] {
  const dashboard: Dashboard = JSON.parse(readRepositoryFile("deploy/grafana/snaprag.json"));
  return [
    ...readAlertRules().map(({ expr, annotations }) => ({
      text: expr,
      shown: labelsIn(annotations.summary, /\$labels\.(\w+)/g),
    })),
    ...dashboard.panels.flatMap(({ targets }) =>
      targets.map(({ expr, legendFormat }) => ({
        text: expr,
        shown: labelsIn(legendFormat, /\{\{(\w+)\}\}/g),
      })),
    ),
    ...dashboard.annotations.list.map(({ expr }) => ({ text: expr, shown: [] })),
    ...dashboard.templating.list.flatMap(({ definition }) =>
      definition === undefined ? [] : [{ text: definition, shown: [] }],
    ),
  ];
}

/** Words of the query language, and the series that Prometheus makes itself. */
const WORDS = new Set(
  "absent and by changes deriv increase label_values max min on rate sum time ALERTS up".split(" "),
);
/** Labels that Prometheus adds to everything it reads, or has of its own. */
const ADDED_LABELS = new Set(["job", "instance", "alertname", "alertstate"]);

/** Labels of each metric that a monitor exposes. */
function exposedLabels(metrics: string): ReadonlyMap<string, ReadonlySet<string>> {
  const exposed = new Map<string, Set<string>>();
  for (const [, name = "", labels = ""] of metrics.matchAll(/^(\w+)(?:\{(.*)\})? \S+$/gm)) {
    const known = exposed.get(name) ?? new Set();
    exposed.set(name, known);
    for (const label of labelsIn(labels, /(\w+)=/g)) known.add(label);
  }
  return exposed;
}

/** What a query asks for that is not exposed: metrics, labels, and words that mean nothing. */
export function missingOf({ text, shown }: Query, metrics: string): readonly string[] {
  const exposed = exposedLabels(metrics);
  // Each side of an `and` groups by labels of its own.
  return text.split(/\band\b/).flatMap((part) => {
    const bare = part.replaceAll(/"[^"]*"|\[[^\]]*\]/g, "");
    const names = bare.match(/[a-zA-Z_]\w+/g) ?? [];
    const used = new Set([
      ...labelsIn(bare, /(\w+)(?:=~|!~|!=|=(?!=))/g),
      ...labelsIn(bare, /\bby \((\w+)\)/g),
      ...labelsIn(bare, /label_values\(.*, (\w+)\)/g),
    ]);
    const own = [...used, ...shown].filter((label) => !ADDED_LABELS.has(label));
    const asked = names.filter((name) => !(used.has(name) || WORDS.has(name)));
    return asked.flatMap((name) => {
      const labels = exposed.get(name);
      if (labels === undefined) return [name];
      // Labels that are shown are those of the result, which one side has.
      return own.flatMap((label) =>
        labels.has(label) || !(used.has(label) || part === text) ? [] : [`${name}{${label}}`],
      );
    });
  });
}
