import type { ValueType } from "./value-types.ts";

/** Everything that is to be known of one key. */
export interface KeyDefinition<Value> {
  readonly type: ValueType<NonNullable<Value>>;
  readonly default: Value;
  /** What it does, to stand beside it in `--help` and `config show`. */
  readonly description: string;
  /** The flag that sets it, as commander writes it. */
  readonly flag?: string;
  /** How it is shown, where it may hold a password. */
  readonly mask?: (text: string) => string;
}
