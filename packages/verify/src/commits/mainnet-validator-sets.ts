import { fromHex } from "../hex.ts";
import type { ValidatorSet } from "./validator-sets.ts";

const NEYNAR_1 = "29696eb40eb900a329a8d2542edef15d552c9ba6ded7882276be1e9eca090970";
const NEYNAR_2 = "6bc2d8901443de856d2670b0c2ea12b6727132fa830f9030d3a44ac5da9b1a72";
const NEYNAR_3 = "81032ecefa4260e5a63424f5a4b8b18b52d717a52583b3ffe22c4a7b084911b8";
const NEYNAR_4 = "2c0f58a364b7959c85e49b5a50d14d220c16f8bd7879b0d5d3f68b32de83ecb8";
const NEYNAR_5 = "67474a42e0c6507198b73373b0558dfc94616b976ecfdf5c45fae11e2bee7102";
const NEYNAR_6 = "db65769be751f402fe9ea2fdf21679a870ea0e088454bbc47e02c4cc6c258081";
const UNO_7 = "80d7800b45db3ec6d6e4be4d278db1aea1c7a77206941ec976a8680ecbe56860";
const DEGEN_8 = "3376e30a4d8e7ea596f3c066f7e9f3a960fad76ed0b6fb7de66552cbe9318b5e";

const FIRST = [NEYNAR_1, NEYNAR_2, NEYNAR_3, NEYNAR_4, NEYNAR_5];
const SECOND = [NEYNAR_1, NEYNAR_2, NEYNAR_3, NEYNAR_6, NEYNAR_5];
const THIRD = [...SECOND, UNO_7];
const FOURTH = [...THIRD, DEGEN_8];

/**
 * The validators of mainnet, as the network publishes them in `validators.toml`, with every change
 * up to the one at block 39,798,000 of shard 1. Later changes come with later versions of this
 * package; a block that validators unknown to it have committed does not verify.
 */
export function listMainnetValidatorSets(): readonly ValidatorSet[] {
  return [
    validatorSet(0n, [0, 1, 2], FIRST),
    validatorSet(26_386_684n, [0], SECOND),
    validatorSet(26_556_206n, [2], SECOND),
    validatorSet(26_701_296n, [1], SECOND),
    validatorSet(28_415_000n, [0], THIRD),
    validatorSet(28_706_000n, [2], THIRD),
    validatorSet(28_852_000n, [1], THIRD),
    validatorSet(39_180_000n, [0], FOURTH),
    validatorSet(39_624_000n, [2], FOURTH),
    validatorSet(39_798_000n, [1], FOURTH),
  ];
}

function validatorSet(
  effectiveAt: bigint,
  shardIds: readonly number[],
  publicKeys: readonly string[],
): ValidatorSet {
  return { effectiveAt, shardIds, publicKeys: publicKeys.map(fromHex) };
}
