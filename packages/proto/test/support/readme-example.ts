// The README's example; the test of the READMEs runs it and holds the two together.
import { Message, MessageData, narrowMessage } from "@snaprag/proto";

const data = MessageData.encode({
  type: 1,
  fid: 3n,
  timestamp: 100_000_000,
  network: 1,
  body: {
    $case: "castAddBody",
    value: {
      embedsDeprecated: [],
      mentions: [],
      parent: undefined,
      text: "gm",
      mentionsPositions: [],
      embeds: [],
      type: 0,
    },
  },
}).finish();
const message = narrowMessage({ ...Message.decode(new Uint8Array()), data });

if (message.type === "castAdd") console.log(`fid ${message.fid}: ${message.body.text}`);
if (message.type === "unreadable") console.log(message.reason);
