// Asks the monitor of the sync in this container for a path, /ready unless another is named, prints what
// it answers, and exits with 0 only where that is good. The image has no other HTTP client.
import process from "node:process";

const { SNAPRAG_MONITOR_ADDRESS: address = "" } = process.env;
const [path = "/ready"] = process.argv.slice(2);
try {
  const response = await fetch(`http://127.0.0.1:${address.split(":").at(-1)}${path}`);
  console.log((await response.text()).trimEnd());
  process.exitCode = response.ok ? 0 : 1;
} catch (error) {
  console.error(`The monitor does not answer: ${error.cause?.message ?? error.message}`);
  process.exitCode = 1;
}
