// What it costs to prove a mirror, to put it right after damage, and that it is still proved after a
// while of following.
import { queryRows } from "../measure/databases/database.mjs";
import { median, round, sum } from "../measure/numbers.mjs";
import { runMeasured } from "../measure/processes/run-measured.mjs";
import { proofArgs, syncArgs } from "../measure/processes/snaprag-command.mjs";

const DAMAGED_ROWS = 100;
const FOLLOWED_BLOCKS = 1000;
const FOLLOWED_BLOCKS_QUICK = 200;

/** Rows by their hashes are rows of whoever: the more an account has, the likelier it is struck. */
const DAMAGES = [
  `delete from casts where (fid, hash) in (select fid, hash from casts order by hash limit $1)`,
  `update casts set text = text || '!'
   where (fid, hash) in (select fid, hash from casts order by hash desc limit $1)`,
  `delete from reactions
   where (fid, hash) in (select fid, hash from reactions order by hash limit $1)`,
];

/** Runs `snaprag verify` or `repair`, and says what it found and took. */
async function measureProof(command, { node, endpoint = node.endpoint, url }) {
  const before = await node?.cost();
  const { seconds, cpuSeconds, peakMb, output } = await runMeasured(
    proofArgs(command, { endpoint, url }),
  );
  const after = await node?.cost();
  const report = JSON.parse(output);
  const leaves = sum(report.shards.map((shard) => shard.leaves ?? 0));
  return {
    isMatch: report.isMatch,
    repaired: report.repaired,
    heights: report.shards.map(({ height }) => height),
    seconds: round(seconds),
    leaves,
    leavesPerSecond: Math.round(leaves / seconds),
    calls: after && after.calls - before.calls,
    peakMb,
    cpuSeconds: round(cpuSeconds),
  };
}

async function measureVerify(context, { node, mirrorUrl }) {
  const runs = [];
  for (let run = 1; run <= context.runs; run++) {
    const result = await measureProof("verify", { node, url: mirrorUrl });
    runs.push(result);
    context.log(`verify, run ${run}: ${result.leavesPerSecond} leaves/s, ${result.calls} calls`);
  }
  return runs;
}

/** Not in turns and not more than once: the node is asked what it has never been asked before. */
async function measureRepair({ database, log }, { node, mirrorUrl }) {
  return await database.withCopy(mirrorUrl, async (url) => {
    for (const damage of DAMAGES) await queryRows(url, damage, [DAMAGED_ROWS]);
    const damagedRows = DAMAGES.length * DAMAGED_ROWS;
    const repair = await measureProof("repair", { node, url });
    log(`repair: ${repair.repaired} accounts, ${repair.calls} calls, ${repair.seconds} s`);
    const verify = await measureProof("verify", { node, url });
    return { damagedRows, ...repair, isProvedAfterwards: verify.isMatch };
  });
}

/** Follows blocks as they were made in one go, and proves the rows against the last of them. */
async function proveAfterBlocks({ database, log, isQuick }, { devnet, mirrorUrl }) {
  const blocks = isQuick ? FOLLOWED_BLOCKS_QUICK : FOLLOWED_BLOCKS;
  const { endpoint } = devnet;
  return await database.withCopy(mirrorUrl, async (url) => {
    // In parts, so that the devnet does not keep this process waiting without a word for minutes.
    for (let made = 0; made < blocks; made += 100) await devnet.produce(100);
    await runMeasured(syncArgs({ endpoint, url }));
    const { isMatch, leaves, heights } = await measureProof("verify", { endpoint, url });
    log(`after ${blocks} blocks: ${leaves} leaves at blocks ${heights}, ${isMatch}`);
    return { blocks, isMatch, leaves, heights };
  });
}

const yesOrNo = (value) => (value ? "yes" : "no");

export const verify = {
  title: "Verify and repair",
  text: `\`snaprag verify\` computes every leaf anew from the rows and compares the roots with the chain's; \`snaprag repair\` does so after
${DAMAGED_ROWS} casts and ${DAMAGED_ROWS} reactions were deleted and ${DAMAGED_ROWS} casts altered by SQL. Calls are those that the node received. Then the
network makes blocks, a sync follows them, and the rows are proved again.`,
  async run(context) {
    const network = await context.networks.of(context.sizes[1] ?? context.sizes[0]);
    const runs = await measureVerify(context, network);
    const repair = await measureRepair(context, network);
    const after = await proveAfterBlocks(context, network);
    // The devnet has moved on from what was recorded of it.
    await context.networks.close();
    return { messages: network.messages, verify: runs, repair, after };
  },
  peakMb: ({ verify: runs, repair }) => [...runs, repair].map(({ peakMb }) => peakMb),
  tables({ messages, verify: runs, repair, after }) {
    const of = (field) => median(runs.map((run) => run[field]));
    return [
      {
        title: `${messages} messages, ${of("leaves")} leaves, runs: ${runs.length}`,
        columns: ["command", "seconds", "leaves/s", "CPU s", "calls", "peak MB", "all match"],
        rows: [
          [
            ...["verify", of("seconds"), of("leavesPerSecond"), of("cpuSeconds")],
            ...[of("calls"), of("peakMb"), yesOrNo(runs.every(({ isMatch }) => isMatch))],
          ],
          [
            `repair of ${repair.damagedRows} rows in ${repair.repaired} accounts`,
            ...[repair.seconds, repair.leavesPerSecond, repair.cpuSeconds],
            ...[repair.calls, repair.peakMb, yesOrNo(repair.isProvedAfterwards)],
          ],
        ],
      },
      {
        title: `After ${after.blocks} blocks more`,
        columns: ["leaves", "blocks of the shards", "all match"],
        rows: [[after.leaves, after.heights.join(", "), yesOrNo(after.isMatch)]],
      },
    ];
  },
};
