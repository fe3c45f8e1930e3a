import type { BulkMessageResponse, Message } from "@snaprag/proto";
import { admitMessage } from "../admission/check-message.ts";
import type { NodeContext } from "../node-context.ts";
import { invalidArgument } from "../rpc-error.ts";
import type { HubHandlers } from "./hub-methods.ts";

type SubmitMethod = "submitMessage" | "submitBulkMessages" | "validateMessage";

const ERROR_CODE = "bad_request.validation_failure";

/** Creates the handlers. A message that is admitted waits for the next block. */
export function createSubmitHandlers(context: NodeContext): Pick<HubHandlers, SubmitMethod> {
  function submitOne(received: Message): BulkMessageResponse {
    const admission = admitMessage(received, context);
    if (!admission.admitted) {
      const { reason: message } = admission;
      const error = { hash: received.hash, errCode: ERROR_CODE, message };
      return { response: { $case: "messageError", value: error } };
    }
    context.network.mempool.add({ kind: "message", message: admission.message });
    return { response: { $case: "message", value: admission.message } };
  }

  return {
    submitMessage(received) {
      const admission = admitMessage(received, context);
      if (!admission.admitted) throw invalidArgument(`${ERROR_CODE}/${admission.reason}`);
      context.network.mempool.add({ kind: "message", message: admission.message });
      return admission.message;
    },
    submitBulkMessages: ({ messages }) => ({ messages: messages.map(submitOne) }),
    validateMessage(received) {
      const admission = admitMessage(received, context);
      return admission.admitted
        ? { valid: true, message: admission.message }
        : { valid: false, message: received };
    },
  };
}
