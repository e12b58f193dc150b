// Judges proofs with @transmute/rfc9162 and nothing of ours. Reads one JSON from standard input, writes one to standard output.
//
//   {entries: [hex], root: hex,
//    inclusion: [{leaf: hex, index, size, path: [hex], root: hex}], consistency: [{old, oldRoot, size, root, path}]}
//
// Answers {root: hex, inclusion: [bool], consistency: [bool]}, the root by its own hand from the entries.
const log = require("@transmute/rfc9162").RFC9162;

const bytes = (hex) => new Uint8Array(Buffer.from(hex, "hex"));

async function holds(check) {
  try {
    return await check();
  } catch {
    return false; // it throws where a proof has another length than it should
  }
}

async function main() {
  const asked = JSON.parse(require("fs").readFileSync(0, "utf8"));
  const root = await log.treeHead(asked.entries.map(bytes));
  const answer = { root: Buffer.from(root).toString("hex"), inclusion: [], consistency: [] };
  for (const one of asked.inclusion) {
    const proof = { log_id: "", tree_size: one.size, leaf_index: one.index, inclusion_path: one.path.map(bytes) };
    answer.inclusion.push(await holds(() => log.verifyInclusionProof(bytes(one.root), bytes(one.leaf), proof)));
  }
  for (const one of asked.consistency) {
    const proof = { log_id: "", tree_size_1: one.old, tree_size_2: one.size, consistency_path: one.path.map(bytes) };
    answer.consistency.push(await holds(() => log.verifyConsistencyProof(bytes(one.oldRoot), bytes(one.root), proof)));
  }
  process.stdout.write(JSON.stringify(answer));
}

main();
