import { hostname } from "node:os";
import process from "node:process";

/** Told to others that find the mirror taken. */
export function nameOfProcess(): string {
  return `snaprag sync on ${hostname()} (pid ${process.pid})`;
}
