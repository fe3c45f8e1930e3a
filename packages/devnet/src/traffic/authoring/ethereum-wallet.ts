// Ethereum accounts that can prove they are theirs (docs/protocol.md 4.3): EIP-712 by hand, as the
// one structure that is signed never changes.
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { FarcasterNetwork } from "@snaprag/proto";

const DOMAIN_TYPE = "EIP712Domain(string name,string version,bytes32 salt)";
const DOMAIN_NAME = "Farcaster Verify Ethereum Address";
const DOMAIN_VERSION = "2.0.0";
const DOMAIN_SALT = "f2d857f4a3edcb9b78b4d503bfe733db1e3f6cdc2b7971ee739626c97e86a558";
const CLAIM_TYPE = "VerificationClaim(uint256 fid,address address,bytes32 blockHash,uint8 network)";
const EIP_712_PREFIX = Uint8Array.of(0x19, 0x01);
/** What Ethereum adds to the recovery bit. */
const RECOVERY_OFFSET = 27;
const ADDRESS_BYTES = 20;

/** An Ethereum account. */
export interface EthereumWallet {
  /** 20 bytes. */
  readonly address: Uint8Array;
  /** Proves to everyone that the account belongs to a fid; 65 bytes. */
  signVerificationClaim(claim: VerificationClaim): Uint8Array;
}

/** What a wallet claims. */
interface VerificationClaim {
  readonly fid: bigint;
  /** 32 bytes: a recent block, so that the claim has a date. */
  readonly blockHash: Uint8Array;
}

/** The account of a 32-byte secret. */
export function createEthereumWallet(secret: Uint8Array): EthereumWallet {
  const publicKey = secp256k1.getPublicKey(secret, false);
  const address = keccak_256(publicKey.subarray(1)).subarray(-ADDRESS_BYTES);

  return {
    address,
    signVerificationClaim({ fid, blockHash }) {
      const claim = hashOf([
        keccakText(CLAIM_TYPE),
        word(fid),
        Buffer.concat([new Uint8Array(12), address]),
        blockHash,
        word(BigInt(FarcasterNetwork.DEVNET)),
      ]);
      const digest = hashOf([EIP_712_PREFIX, domainSeparator(), claim]);
      const signature = secp256k1.sign(digest, secret, { prehash: false, format: "recovered" });
      const recovery = signature[0] ?? 0;
      return Buffer.concat([signature.subarray(1), Uint8Array.of(recovery + RECOVERY_OFFSET)]);
    },
  };
}

function domainSeparator(): Uint8Array {
  return hashOf([
    keccakText(DOMAIN_TYPE),
    keccakText(DOMAIN_NAME),
    keccakText(DOMAIN_VERSION),
    Buffer.from(DOMAIN_SALT, "hex"),
  ]);
}

function hashOf(parts: readonly Uint8Array[]): Uint8Array {
  return keccak_256(Buffer.concat(parts));
}

function keccakText(text: string): Uint8Array {
  return keccak_256(Buffer.from(text, "utf8"));
}

/** A number as 32 big-endian bytes. */
function word(value: bigint): Uint8Array {
  return Buffer.from(value.toString(16).padStart(64, "0"), "hex");
}
