import { readFileSync } from 'node:fs';

interface ProfileNode {
  id: number;
  callFrame: { functionName: string; url: string; lineNumber: number };
}

interface CpuProfile {
  nodes: ProfileNode[];
  samples: number[];
  timeDeltas: number[];
}

/** Waiting, and the inspector's own call that starts and stops the profile. */
const notWork = new Set(['(idle)', '(program)', '(root)', 'dispatch']);

/** The functions in which a CPU profile spent most time themselves, as text. */
export function formatHotSpots(path: string, count = 25): string {
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(path, 'utf8')) as CpuProfile;
  const nameOf = new Map(nodes.map((node) => [node.id, describe(node)]));
  const self = new Map<string, number>();
  let total = 0;
  samples.forEach((id, index) => {
    const name = nameOf.get(id) ?? '(unknown)';
    if (notWork.has(name)) return;
    const micros = timeDeltas[index] ?? 0;
    total += micros;
    self.set(name, (self.get(name) ?? 0) + micros);
  });
  const hottest = [...self].sort(([, a], [, b]) => b - a).slice(0, count);
  return hottest
    .map(([name, micros]) => `  ${((micros / total) * 100).toFixed(1).padStart(5)} %  ${name}`)
    .join('\n');
}

function describe({ callFrame: { functionName, url, lineNumber } }: ProfileNode): string {
  const name = functionName || '(anonymous)';
  if (url === '') return name;
  const place = url.replace(/^.*\/(node_modules|packages|bench)\//, '');
  return `${name}  ${place}:${lineNumber + 1}`;
}
