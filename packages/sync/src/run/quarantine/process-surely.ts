import type { Logger } from "../../options.ts";

/** Reads after the first before what does not add up is given up. */
const MAX_READS_AGAIN = 3;

/** Something that is read, then processed. */
export interface SureReading<Input, Processed> {
  readonly input: Input;
  /** Reads the same once more. */
  readonly readAgain: () => Promise<Input>;
  readonly process: (input: Input) => Processed | Promise<Processed>;
  /** Of the place that is read. */
  readonly logger: Logger;
}

/**
 * Processes what was read, and reads it again while something in it does not add up: what was spoilt
 * on its way arrives whole then, and what the node itself has spoilt does not.
 */
export async function processSurely<Input, Processed extends { readonly spoiltCount: number }>(
  reading: SureReading<Input, Processed>,
): Promise<Processed> {
  let processed = await reading.process(reading.input);
  for (let again = 0; again < MAX_READS_AGAIN && processed.spoiltCount > 0; again++) {
    const { spoiltCount } = processed;
    reading.logger.warn({ spoiltCount }, "what came does not add up, reading again");
    processed = await reading.process(await reading.readAgain());
  }
  return processed;
}
