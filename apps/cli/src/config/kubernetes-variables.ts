// What Kubernetes sets in every container for each service of the namespace, in the way of Docker's links.

/** Name of a port's variables, such as `_9464_TCP_ADDR`. */
const PORT_PART = /_PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?$/;
const SERVICE_PART = /_SERVICE_(?:HOST|PORT(?:_[A-Z0-9_]+)?)$/;

/**
 * Whether a variable is one that Kubernetes sets for a service. Those of a service `snaprag`, or one
 * whose name begins so, look like variables of this program.
 */
export function isKubernetesVariable(name: string, text: string): boolean {
  if (PORT_PART.test(name) || SERVICE_PART.test(name)) return true;
  // A person may write such a name too, with a number.
  return name.endsWith("_PORT") && /^(?:tcp|udp|sctp):\/\//.test(text);
}
