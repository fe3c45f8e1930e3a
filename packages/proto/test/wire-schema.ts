import { readFileSync } from "node:fs";

export interface WireField {
  readonly name: string;
  readonly number: number;
  readonly type: string;
  readonly repeated?: boolean;
  readonly optional?: boolean;
  readonly oneof?: string;
  readonly map_key?: string;
}

export interface WireFile {
  readonly imports: readonly string[];
  readonly enums: Record<string, Record<string, number>>;
  readonly messages: Record<
    string,
    { readonly fields: readonly WireField[]; readonly reserved?: readonly unknown[] }
  >;
  readonly services: Record<
    string,
    Record<string, { request: string; response: string; server_stream?: boolean }>
  >;
}

/** Every message, field and number of Snapchain 0.14.2, kept apart from the .proto files. */
export const WIRE_SCHEMA = JSON.parse(
  readFileSync(new URL("./snapchain-wire.json", import.meta.url), "utf8"),
) as Record<string, WireFile>;

export const WIRE_ENUMS: ReadonlySet<string> = new Set(
  Object.values(WIRE_SCHEMA).flatMap((file) => Object.keys(file.enums)),
);
