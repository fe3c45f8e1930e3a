// The metadata of signers and gasless keys: which app asked for the key, in Solidity's ABI encoding
// of (uint256 requestFid, address requestSigner, bytes signature, uint256 deadline).

const WORD_BYTES = 32;

/** Who asked for a key. */
export interface SignedKeyRequest {
  readonly requestFid: bigint;
  /** 20 bytes. */
  readonly requestSigner: Uint8Array;
  readonly signature: Uint8Array;
  /** Seconds, in the clock of what carries the request. */
  readonly deadline: bigint;
}

/** Encodes a request. */
export function encodeSignedKeyRequest(request: SignedKeyRequest): Uint8Array {
  const { signature } = request;
  const padding = (WORD_BYTES - (signature.length % WORD_BYTES)) % WORD_BYTES;
  return Buffer.concat([
    word(BigInt(WORD_BYTES)),
    word(request.requestFid),
    Buffer.concat([
      new Uint8Array(WORD_BYTES - request.requestSigner.length),
      request.requestSigner,
    ]),
    word(BigInt(4 * WORD_BYTES)),
    word(request.deadline),
    word(BigInt(signature.length)),
    signature,
    new Uint8Array(padding),
  ]);
}

/** The fid that asked for a key; undefined when the metadata is not a request. */
export function readRequestFid(metadata: Uint8Array): bigint | undefined {
  const bytes = Buffer.from(metadata).subarray(WORD_BYTES, 2 * WORD_BYTES);
  return bytes.length === WORD_BYTES ? BigInt(`0x${bytes.toString("hex")}`) : undefined;
}

function word(value: bigint): Uint8Array {
  return Buffer.from(value.toString(16).padStart(2 * WORD_BYTES, "0"), "hex");
}
