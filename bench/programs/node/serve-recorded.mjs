// A node that gives again what another node gave, from memory and as the very bytes, so that serving
// is not what is measured. A reply is fetched when it is first asked for; streams are passed on.
//
// Prints its endpoint, and for each line of stdin its CPU seconds and calls so far, as JSON.
import { createInterface } from "node:readline";
import { Client, credentials, Server, ServerCredentials } from "@grpc/grpc-js";
import { HubServiceDefinition, ReplicationServiceDefinition } from "@snaprag/proto";

const MAX_BYTES = 256 * 1024 * 1024;
const FLOW_CONTROL_BYTES = 8 * 1024 * 1024;
const options = {
  "grpc.max_receive_message_length": MAX_BYTES,
  "grpc-node.flow_control_window": FLOW_CONTROL_BYTES,
};

const [upstream] = process.argv.slice(2);
const node = new Client(new URL(upstream).host, credentials.createInsecure(), options);
const asIs = (bytes) => bytes;
const recorded = new Map();
let calls = 0;

function fetchReply(path, request) {
  return new Promise((resolve, reject) => {
    node.makeUnaryRequest(path, asIs, asIs, request, (error, reply) => {
      if (error) reject(error);
      else resolve(reply);
    });
  });
}

function answerFromMemory(path) {
  return ({ request }, callback) => {
    calls += 1;
    const key = path + request.toString("latin1");
    const known = recorded.get(key);
    if (known) return callback(null, known);
    return fetchReply(path, request).then((reply) => {
      recorded.set(key, reply);
      callback(null, reply);
    }, callback);
  };
}

function passOn(path) {
  return (call) => {
    calls += 1;
    const stream = node.makeServerStreamRequest(path, asIs, asIs, call.request);
    call.on("cancelled", () => stream.cancel());
    stream.on("error", (error) => call.destroy(error));
    stream.on("data", (message) => {
      if (call.write(message)) return;
      stream.pause();
      call.once("drain", () => stream.resume());
    });
    stream.on("end", () => call.end());
  };
}

const server = new Server(options);
for (const { fullName, methods } of [HubServiceDefinition, ReplicationServiceDefinition]) {
  const definitions = {};
  const handlers = {};
  for (const { name, responseStream } of Object.values(methods)) {
    const path = `/${fullName}/${name}`;
    definitions[name] = {
      path,
      requestStream: false,
      responseStream,
      requestSerialize: asIs,
      requestDeserialize: asIs,
      responseSerialize: asIs,
      responseDeserialize: asIs,
    };
    handlers[name] = responseStream ? passOn(path) : answerFromMemory(path);
  }
  server.addService(definitions, handlers);
}
const port = await new Promise((resolve, reject) => {
  server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
    error ? reject(error) : resolve(bound),
  );
});

console.log(`http://127.0.0.1:${port}`);
for await (const _ of createInterface(process.stdin)) {
  const { user, system } = process.cpuUsage();
  console.log(JSON.stringify({ cpuSeconds: (user + system) / 1e6, calls }));
}
process.exit(0);
