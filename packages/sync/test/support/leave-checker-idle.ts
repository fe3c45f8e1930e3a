// A process that has a signature checker verify something, says what it found, and closes nothing.
import { createSignatureChecker } from "../../src/proof/signatures/signature-checker.ts";
import { signedMessages } from "./signed-messages.ts";

const checker = await createSignatureChecker({ threadCount: 2 });
const [first, ...others] = signedMessages(1000);
// Nothing else is going on now: only the question keeps the process from ending.
const invalid = await checker.findInvalid([...others, { ...first!, signer: new Uint8Array(32) }]);
console.log(`invalid: ${invalid.join()}`);
