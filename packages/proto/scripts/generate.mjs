// Generates src/gen from proto/ with one change: a message's `data` stays the bytes that were
// received (same wire type), so that its hash never depends on encoding it again.
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
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
