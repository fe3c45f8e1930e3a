import type { QueryConfig } from "pg";
import type { Queryable } from "../extensions.ts";

/** How many rows the planner expects of a query: roughly, and without a look at them. */
export async function estimateRows(
  session: Queryable,
  { text, values }: Pick<QueryConfig, "text" | "values">,
): Promise<number> {
  const plan = `explain (format json) ${text}`;
  // Without parameters it is to be a string, which a session in use takes.
  const { rows } = await session.query(values === undefined ? plan : { text: plan, values });
  return rows[0]["QUERY PLAN"][0].Plan["Plan Rows"];
}
