// What a node wants to hear with every call before it answers: mostly a key that a proxy in front asks for.
import type { ValueType } from "./value-types.ts";

/** Names that begin with grpc- are gRPC's own, and values of those that end in -bin are bytes. */
const HEADER = /^(?!grpc-)([0-9a-z_.-]+)(?<!-bin): +([!-~](?:[ -~]*[!-~])?)$/i;

/** Headers, each `name: value`; separated by commas outside of TOML. */
export const nodeHeaders: ValueType<readonly string[]> = {
  expected: 'headers such as "x-api-key: secret"',
  isList: true,
  fromText: (value) => toHeaders(value.split(",").map((header) => header.trim())),
  fromToml: (value) => toHeaders(Array.isArray(value) ? value : [value]),
};

/** The same header without its value, for screens and logs. What is none is hidden as a whole. */
export function maskHeader(header: string): string {
  const name = HEADER.exec(header)?.[1];
  return name === undefined ? "***" : `${name}: ***`;
}

/** Headers by their names. Of several with one name, the last counts. */
export function toMetadata(headers: readonly string[]): Record<string, string> {
  const metadata: Record<string, string> = {};
  for (const header of headers) {
    const [, name, value] = HEADER.exec(header) ?? [];
    if (name !== undefined && value !== undefined) metadata[name.toLowerCase()] = value;
  }
  return metadata;
}

function toHeaders(values: readonly unknown[]): readonly string[] | undefined {
  const headers = values.filter((value) => typeof value === "string");
  const isValid = headers.length === values.length && headers.every((each) => HEADER.test(each));
  return isValid ? headers : undefined;
}
