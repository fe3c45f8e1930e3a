// Results for people.
const format = (value) => (typeof value === "number" ? value.toLocaleString("en") : String(value));

const row = (cells) => `| ${cells.join(" | ")} |`;

function tableLines({ title, columns, rows }) {
  return [
    ...[`**${title}**`, ""],
    row(columns),
    row(columns.map((_, index) => (index === 0 ? "---" : "---:"))),
    ...rows.map((cells) => row(cells.map(format))),
    "",
  ];
}

function headLines({ machine, versions, seed, date }) {
  const { processor, cores, memoryGb, system } = machine;
  const { node, postgresql, snaprag } = versions;
  return [
    `Written by \`npm run bench\`, not by hand; [what each part measures](../README.md). Figures of several runs are medians.`,
    "",
    `- ${processor}, ${cores} cores, ${memoryGb} GB of memory, ${system}`,
    `- @snaprag/cli ${snaprag}, Node.js ${node}, PostgreSQL ${postgresql} on the same machine`,
    `- devnet of seed ${seed}; ${date}`,
    "",
  ];
}

function partLines(part, { date, commit, result }) {
  const plots = part.plots?.(result) ?? [];
  return [
    ...[
      `## ${part.title}`,
      "",
      part.text.replaceAll("\n", " "),
      "",
      `Measured ${date}${commit ? ` at ${commit}` : ""}.`,
      "",
    ],
    ...part.tables(result).flatMap(tableLines),
    ...plots.flatMap(({ name, title }) => [`![${title}](${name}.svg)`, ""]),
  ];
}

/** The whole report as Markdown. */
export function toMarkdown(report, parts) {
  const ratios = Object.entries(report.ratios).filter(([, value]) => value > 0);
  const measured = Object.entries(report.parts);
  return [
    ...["# Benchmark", "", ...headLines(report)],
    ...tableLines({ title: "Ratios of throughputs", columns: ["ratio", "value"], rows: ratios }),
    ...[`Most memory of any sync: ${format(report.peakMemoryMb)} MB.`, ""],
    ...measured.flatMap(([name, entry]) => partLines(parts[name], entry)),
  ].join("\n");
}
