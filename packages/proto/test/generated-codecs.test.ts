import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { describe, expect, it } from "vitest";
import * as proto from "../src/index.ts";
import type { WireField } from "./wire-schema.ts";
import { WIRE_ENUMS, WIRE_SCHEMA } from "./wire-schema.ts";

interface Codec {
  encode(message: unknown): BinaryWriter;
  decode(bytes: Uint8Array): Record<string, unknown>;
}

const generated = proto as unknown as Record<string, Codec>;
const messages = Object.values(WIRE_SCHEMA).flatMap((file) => Object.entries(file.messages));
const fields = messages.flatMap(([message, { fields }]) =>
  fields.map((field) => ({ message, field, title: `${message}.${field.name}` })),
);

/** `snake_case` as ts-proto writes it in TypeScript. */
function toProperty(name: string): string {
  return name.replace(/_+([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** A value that survives only if number, type and repetition are right. */
function writeSample(writer: BinaryWriter, type: string, number: number): void {
  if (type === "string") writer.tag(number, WireType.LengthDelimited).string("gm");
  else if (type === "bytes")
    writer.tag(number, WireType.LengthDelimited).bytes(new Uint8Array([7]));
  else if (type === "bool") writer.tag(number, WireType.Varint).bool(true);
  else if (type === "uint64") writer.tag(number, WireType.Varint).uint64(2n ** 64n - 1n);
  else if (type === "int64") writer.tag(number, WireType.Varint).int64(-(2n ** 63n));
  else if (type === "uint32") writer.tag(number, WireType.Varint).uint32(2 ** 32 - 1);
  else if (type === "int32") writer.tag(number, WireType.Varint).int32(-(2 ** 31));
  // 77 is no value of any enum: unknown values survive.
  else if (WIRE_ENUMS.has(type)) writer.tag(number, WireType.Varint).int32(77);
  // An unknown field inside shows that the nested message is kept whole.
  else writer.tag(number, WireType.LengthDelimited).bytes(new Uint8Array([0xfa, 0x3f, 1, 9]));
}

function isPacked(field: WireField): boolean {
  const scalar = ["uint64", "uint32", "int32", "int64", "bool"].includes(field.type);
  return Boolean(field.repeated) && (scalar || WIRE_ENUMS.has(field.type));
}

function encodeSample(field: WireField): Uint8Array {
  const writer = new BinaryWriter();
  if (field.map_key) {
    writer.tag(field.number, WireType.LengthDelimited).fork();
    writeSample(writer, field.map_key, 1);
    writeSample(writer, field.type, 2);
    return writer.join().finish();
  }
  if (!isPacked(field)) {
    writeSample(writer, field.type, field.number);
    if (field.repeated) writeSample(writer, field.type, field.number);
    return writer.finish();
  }
  const tagged = new BinaryWriter();
  writeSample(tagged, field.type, 1);
  const value = tagged.finish().slice(1);
  return writer
    .tag(field.number, WireType.LengthDelimited)
    .bytes(new Uint8Array([...value, ...value]))
    .finish();
}

describe("generated codecs", () => {
  it("exist for every message, and every enum has its values", () => {
    for (const [message] of messages) expect(generated[message], message).toBeDefined();
    for (const file of Object.values(WIRE_SCHEMA)) {
      for (const [name, values] of Object.entries(file.enums)) {
        const actual = Object.values(generated[name] as unknown as Record<string, number>);
        expect(actual.filter((value) => value >= 0).sort()).toEqual(Object.values(values).sort());
      }
    }
  });

  it.each(fields)("$title is read and written at its number", ({ message, field }) => {
    const bytes = encodeSample(field);
    const codec = generated[message]!;

    const decoded = codec.decode(bytes);

    const property = toProperty(field.name);
    const holder = field.oneof
      ? (decoded[toProperty(field.oneof)] as Record<string, unknown>)
      : decoded;
    if (field.oneof) expect(holder["$case"]).toBe(property);
    const value = holder[field.oneof ? "value" : property];
    expect(value).toBeDefined();
    if (field.repeated) expect(value).toHaveLength(2);
    expect(codec.encode(decoded).finish()).toEqual(bytes);
  });

  it("keep the bytes of a message's data as received", () => {
    // Field order reversed: a re-encoding would change it.
    const data = new Uint8Array([0x10, 0x05, 0x08, 0x01]);
    const bytes = new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(data).finish();

    const message = proto.Message.decode(bytes);

    expect(message.data).toEqual(data);
  });

  it("name every RPC under a path without a package", () => {
    for (const service of [proto.HubServiceDefinition, proto.ReplicationServiceDefinition]) {
      const expected = Object.values(WIRE_SCHEMA).flatMap((file) =>
        Object.entries(file.services[service.fullName] ?? {}),
      );
      const actual = Object.values(service.methods).map((method) => [
        method.name,
        method.responseStream,
      ]);
      expect(actual).toEqual(expected.map(([name, rpc]) => [name, Boolean(rpc.server_stream)]));
    }
  });
});
