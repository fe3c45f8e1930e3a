import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fromBinary } from "@bufbuild/protobuf";
import type { DescriptorProto, FileDescriptorProto } from "@bufbuild/protobuf/wkt";
import {
  FileDescriptorSetSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";
import type { WireField } from "./wire-schema.ts";
import { WIRE_SCHEMA } from "./wire-schema.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

function compileProtoFiles(): FileDescriptorProto[] {
  const scratch = mkdtempSync(join(tmpdir(), "snaprag-descriptors-"));
  try {
    const set = join(scratch, "set.bin");
    const proto = join(root, "proto");
    execFileSync(join(root, "node_modules/.bin/protoc"), [
      `--descriptor_set_out=${set}`,
      `-I${proto}`,
      ...readdirSync(proto),
    ]);
    return fromBinary(FileDescriptorSetSchema, readFileSync(set)).file;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function typeName(field: DescriptorProto["field"][number]): string {
  return field.typeName ? field.typeName.replace(/^\./, "") : Type[field.type].toLowerCase();
}

function readField(message: DescriptorProto, field: DescriptorProto["field"][number]): WireField {
  const entry = message.nestedType.find((nested) => typeName(field).endsWith(`.${nested.name}`));
  const [key, value] = entry?.options?.mapEntry ? entry.field : [];
  const oneof = field.proto3Optional ? undefined : message.oneofDecl[field.oneofIndex]?.name;
  const inOneof = Object.hasOwn(field, "oneofIndex") && oneof !== undefined;
  return {
    name: field.name,
    number: field.number,
    type: value ? typeName(value) : typeName(field),
    ...(key ? { map_key: typeName(key) } : {}),
    ...(field.label === Label.REPEATED && !key ? { repeated: true } : {}),
    ...(field.proto3Optional ? { optional: true } : {}),
    ...(inOneof ? { oneof } : {}),
  };
}

const files = new Map(compileProtoFiles().map((file) => [file.name, file]));

describe("proto files", () => {
  it("are exactly the files of the wire schema, without a package", () => {
    expect([...files.keys()].sort()).toEqual(Object.keys(WIRE_SCHEMA).sort());
    for (const file of files.values()) expect(file.package).toBe("");
  });

  it.each(Object.keys(WIRE_SCHEMA))("%s has every message, field, number and type", (name) => {
    const expected = WIRE_SCHEMA[name]!;
    const file = files.get(name)!;
    const messages = Object.fromEntries(
      file.messageType.map((message) => [
        message.name,
        message.field.map((field) => readField(message, field)),
      ]),
    );

    expect(messages).toEqual(
      Object.fromEntries(
        Object.entries(expected.messages).map(([message, { fields }]) => [message, fields]),
      ),
    );
  });

  it.each(Object.keys(WIRE_SCHEMA))("%s has every enum value and every RPC", (name) => {
    const expected = WIRE_SCHEMA[name]!;
    const file = files.get(name)!;
    const enums = Object.fromEntries(
      file.enumType.map((type) => [
        type.name,
        Object.fromEntries(type.value.map((value) => [value.name, value.number])),
      ]),
    );
    const services = Object.fromEntries(
      file.service.map((service) => [
        service.name,
        Object.fromEntries(
          service.method.map((method) => [
            method.name,
            {
              request: method.inputType.slice(1),
              response: method.outputType.slice(1),
              ...(method.serverStreaming ? { server_stream: true } : {}),
            },
          ]),
        ),
      ]),
    );

    expect(enums).toEqual(expected.enums);
    expect(services).toEqual(expected.services);
  });

  it("keep numbers reserved that once meant something else", () => {
    const blocksRequest = files
      .get("request_response.proto")!
      .messageType.find((message) => message.name === "BlocksRequest")!;

    expect(blocksRequest.reservedRange.map(({ start, end }) => [start, end])).toEqual([[1, 2]]);
  });
});
