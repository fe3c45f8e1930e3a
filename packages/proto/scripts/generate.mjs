// Generates src/gen from proto/ with one change: a message's `data` stays the bytes that were
// received (same wire type), so that its hash never depends on encoding it again. The types of
// codecs, which the generator repeats in every file without exporting them, are src/message-codec.ts.
import { execFileSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const out = resolve(process.argv[2] ?? join(root, "src/gen"));

const OPTIONS = [
  "importSuffix=.ts",
  "esModuleInterop=true",
  "outputServices=generic-definitions",
  "forceLong=bigint",
  "oneof=unions-value",
  "enumsAsLiterals=true",
  "removeEnumPrefix=true",
  "unrecognizedEnum=true",
  "unknownFields=true",
  "useExactTypes=false",
  "exportCommonSymbols=false",
  "outputJsonMethods=false",
  "useOptionals=none",
];

/** The last lines of every generated file with a message in it. */
const CODEC_TYPES = /^type Builtin = .*^interface MessageFns<T> \{.*?^\}\n/ms;
const READER_IMPORT = /^import \{.*\} from "@bufbuild\/protobuf\/wire";\n/m;
const CODEC_IMPORT =
  'import type { DeepPartial, MessageCodec as MessageFns } from "../message-codec.ts";\n';

function importCodecTypes(path) {
  const generated = readFileSync(path, "utf8");
  if (!READER_IMPORT.test(generated)) return;
  if (!CODEC_TYPES.test(generated)) throw new Error(`${path} no longer ends with types of codecs`);
  const imported = generated
    .replace(CODEC_TYPES, "")
    .replace(READER_IMPORT, (line) => line + CODEC_IMPORT);
  writeFileSync(path, `${imported.trimEnd()}\n`);
}

const scratch = mkdtempSync(join(tmpdir(), "snaprag-proto-"));
try {
  cpSync(join(root, "proto"), scratch, { recursive: true });
  const message = join(scratch, "message.proto");
  const before = readFileSync(message, "utf8");
  const after = before.replace(/MessageData data = 1;/, "bytes data = 1;");
  if (after === before) throw new Error("message.proto no longer has `MessageData data = 1;`");
  writeFileSync(message, after);

  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  execFileSync(
    join(root, "node_modules/.bin/protoc"),
    [
      `--plugin=protoc-gen-ts_proto=${join(root, "node_modules/.bin/protoc-gen-ts_proto")}`,
      `--ts_proto_out=${out}`,
      `--ts_proto_opt=${OPTIONS.join(",")}`,
      `-I${scratch}`,
      ...readdirSync(scratch).filter((name) => name.endsWith(".proto")),
    ],
    { stdio: "inherit" },
  );
  for (const file of readdirSync(out)) importCodecTypes(join(out, file));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
