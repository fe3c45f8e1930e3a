/**
 * Waits for all of several works, and ends the others when one fails.
 *
 * Settles only when all have, so that nothing goes on in the background of what comes next. Throws
 * the failure that came first.
 */
export async function together(
  works: readonly Promise<void>[],
  abort: (reason: unknown) => void,
): Promise<void> {
  const failures: unknown[] = [];
  await Promise.all(
    works.map((work) =>
      work.catch((error: unknown) => {
        failures.push(error);
        abort(error);
      }),
    ),
  );
  if (failures.length > 0) throw failures[0];
}
