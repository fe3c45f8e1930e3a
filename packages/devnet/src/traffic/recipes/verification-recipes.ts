import type { VerificationAddAddressBody } from "@snaprag/proto";
import { FarcasterNetwork, Protocol, UserDataType } from "@snaprag/proto";
import { createKeyPair } from "../../engine/ed25519.ts";
import { toAddressText, toBase58 } from "../../engine/rules/address-text.ts";
import { createEthereumWallet } from "../authoring/ethereum-wallet.ts";
import type { User } from "../population.ts";
import { remember } from "../population.ts";
import type { MessageSubmission, Recipe, Scene } from "../scene.ts";
import { pickUserWith } from "../scene.ts";

const BLOCK_HASH_BYTES = 32;
const SECRET_BYTES = 32;

/** Verifies a new Ethereum address. */
export function verifyEthereum(scene: Scene, user: User): MessageSubmission {
  const wallet = createEthereumWallet(scene.prng.bytes(SECRET_BYTES));
  const blockHash = scene.prng.bytes(BLOCK_HASH_BYTES);
  return verify(scene, user, {
    address: wallet.address,
    claimSignature: wallet.signVerificationClaim({ fid: user.fid, blockHash }),
    blockHash,
    verificationType: 0,
    chainId: 0,
    protocol: Protocol.ETHEREUM,
  });
}

/** Addresses, verified, made primary, verified again and removed. */
export const VERIFICATION_RECIPES: readonly Recipe[] = [
  function verifyNewEthereum(scene) {
    return [verifyEthereum(scene, scene.population.pickOrdinary(scene.prng))];
  },

  function verifyAndMakePrimary(scene) {
    const user = scene.population.pickOrdinary(scene.prng);
    const verification = verifyEthereum(scene, user);
    const body = user.memory.verifications.at(-1);
    return body === undefined ? [] : [verification, makePrimary(scene, user, body)];
  },

  function verifySolanaAndMakePrimary(scene) {
    const user = scene.population.pickOrdinary(scene.prng);
    const verification = verifySolana(scene, user);
    const body = user.memory.verifications.at(-1);
    return body === undefined ? [] : [verification, makePrimary(scene, user, body)];
  },

  /** Deletes the earlier verification; a primary address that stood on it is revoked. */
  function verifyAgain(scene) {
    const user = pickUserWith(scene, ({ verifications }) => verifications.length > 0);
    const body = user?.memory.verifications.at(-1);
    if (user === undefined || body === undefined) return [];
    return [scene.say(user, { type: "verificationAdd", body })];
  },

  /** The very same message: merged again, and nothing deleted. */
  function repeatVerification(scene) {
    const user = scene.population.pickOrdinary(scene.prng);
    const verification = verifyEthereum(scene, user);
    return [verification, scene.repeat(verification.message)];
  },

  /** An older message, which the order of shard 0 lets win. */
  function verifyBehindTime(scene) {
    const user = pickUserWith(scene, ({ verifications }) => verifications.length > 0);
    const body = user?.memory.verifications.at(-1);
    if (user === undefined || body === undefined) return [];
    return [scene.say(user, { type: "verificationAdd", body }, { age: 86_400 })];
  },

  function removeVerification(scene) {
    const user = pickUserWith(scene, ({ verifications }) => verifications.length > 0);
    const verification = user?.memory.verifications.pop();
    if (user === undefined || verification === undefined) return [];
    const { address, protocol } = verification;
    return [scene.say(user, { type: "verificationRemove", body: { address, protocol } })];
  },

  function removeUnknownVerification(scene) {
    const user = scene.population.pickOrdinary(scene.prng);
    const body = { address: scene.prng.bytes(20), protocol: Protocol.ETHEREUM };
    return [scene.say(user, { type: "verificationRemove", body })];
  },

  /** One unit holds five of them. */
  function verifyBeyondTheLimit(scene) {
    return scene.population.withRole("fullReactions").map((user) => verifyEthereum(scene, user));
  },

  function claimAddressOfAnother(scene) {
    const holder = pickUserWith(scene, ({ verifications }) => verifications.length > 0);
    const body = holder?.memory.verifications.at(-1);
    const user = scene.population.pickOrdinary(scene.prng);
    return body === undefined || user === holder ? [] : [makePrimary(scene, user, body)];
  },
];

function verifySolana(scene: Scene, user: User): MessageSubmission {
  const { publicKey: address, sign } = createKeyPair(scene.prng.bytes(SECRET_BYTES));
  const blockHash = scene.prng.bytes(BLOCK_HASH_BYTES);
  const claim =
    `fid: ${user.fid} address: ${toBase58(address)} network: ${FarcasterNetwork.DEVNET} ` +
    `blockHash: ${toBase58(blockHash)} protocol: ${Protocol.SOLANA}`;
  return verify(scene, user, {
    address,
    claimSignature: sign(Buffer.from(claim, "utf8")),
    blockHash,
    verificationType: 0,
    chainId: 0,
    protocol: Protocol.SOLANA,
  });
}

function verify(scene: Scene, user: User, body: VerificationAddAddressBody): MessageSubmission {
  remember(user.memory.verifications, body);
  return scene.say(user, { type: "verificationAdd", body });
}

function makePrimary(
  scene: Scene,
  user: User,
  { address, protocol }: VerificationAddAddressBody,
): MessageSubmission {
  const type =
    protocol === Protocol.SOLANA
      ? UserDataType.USER_DATA_PRIMARY_ADDRESS_SOLANA
      : UserDataType.USER_DATA_PRIMARY_ADDRESS_ETHEREUM;
  const value = toAddressText(address, protocol);
  return scene.say(user, { type: "userDataAdd", body: { type, value } });
}
